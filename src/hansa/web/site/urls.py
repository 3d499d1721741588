"""Addresses: `/`, `/STUDY/`, `/STUDY/PAGE`, and the twins of a page, such as `/STUDY/PAGE.json`."""

from __future__ import annotations

from django.urls import path, re_path

from hansa.web.site import api, drop, views

handler400 = "hansa.web.site.troubles.bad_request"
handler404 = "hansa.web.site.views.not_found"
handler500 = "hansa.web.site.views.fault"

urlpatterns = [
    path("", views.home),
    path("assets/<str:stamp>/<str:name>", views.asset_file),
    path("api", api.slashed),
    path("api/", api.people),
    path("api/openapi.json", api.described),
    path("api/studies", api.studies),
    path("api/studies/<slug:study>", api.contents),
    path("drop", drop.dropped),
    re_path(r"^drop/(?P<own>[0-9a-f]{32})$", drop.table),
    path("<slug:study>/", views.study_home),
    path("<slug:study>/files/<path:name>", views.file),
    re_path(r"^(?P<study>[a-z0-9-]+)/(?P<page>[a-z-]+)$", views.page),
    re_path(
        r"^(?P<study>[a-z0-9-]+)/(?P<page>[a-z-]+)\.(?P<twin>json|csv|xlsx|svg|png)$", views.twin
    ),
]
