"""Django's settings for the workbench of one user on one machine."""

from __future__ import annotations

import logging
import secrets
from pathlib import Path

HOSTS = ["127.0.0.1", "localhost", "[::1]"]
"""Names the server answers to; a page elsewhere may have let another name point here."""

_WEB = Path(__file__).resolve().parent.parent


def configure() -> None:
    """Set Django up; a second call does nothing. No database, no session, no account."""
    import django
    from django.conf import settings

    if settings.configured:
        return
    settings.configure(
        DEBUG=False,
        # It signs nothing but the token against forged requests, which may change at each start.
        SECRET_KEY=secrets.token_urlsafe(48),
        ALLOWED_HOSTS=HOSTS,
        ROOT_URLCONF="hansa.web.site.urls",
        MIDDLEWARE=[
            "hansa.web.site.guard.guarded",
            "hansa.web.site.kept.told_encodings",
            "django.middleware.gzip.GZipMiddleware",
            "hansa.web.site.tongue.spoken_to",
            "django.middleware.csrf.CsrfViewMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [_WEB / "templates"],
                "OPTIONS": {
                    "builtins": ["hansa.web.site.tags"],
                    "context_processors": ["django.template.context_processors.request"],
                },
            }
        ],
        # Texts of templates and of the pages come from one catalogue: hansa.language.
        USE_I18N=False,
        USE_TZ=True,
        CSRF_COOKIE_HTTPONLY=True,
        CSRF_FAILURE_VIEW="hansa.web.site.views.forged",
        CSRF_COOKIE_SAMESITE="Strict",
        DATA_UPLOAD_MAX_MEMORY_SIZE=2**20,
        LOGGING_CONFIG=None,
    )
    # Refusals are answers, not news for the terminal.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    logging.getLogger("django.security").setLevel(logging.CRITICAL)
    django.setup()
