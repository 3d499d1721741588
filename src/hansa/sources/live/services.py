"""Which live services there are: those of Hansa and those of third parties, listed alike."""

from __future__ import annotations

import difflib
import os
import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from hansa.errors import UsageError, listed
from hansa.sources.live.contract import Service

GROUP = "hansa.sources"
AT = "HANSA_AT"
FILES = "gisco"
"""The one source that gives files and no numbers."""


@cache
def services() -> dict[str, Service]:
    """Every service of every plugin by id, in the order of ids.

    A module gives its services as `SERVICE` or `SERVICES`; the entry-point group `hansa.sources`
    names packages and modules of third parties.
    """
    found: dict[str, Service] = {}
    for module in _modules():
        own = vars(import_module(module))
        for service in (*own.get("SERVICES", ()), *filter(None, [own.get("SERVICE")])):
            found[service.id] = service
    return dict(sorted(found.items()))


def find_service(name: str) -> Service:
    """A service by id; an unknown name is refused with what there is."""
    known = services()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name.lower(), (*known, FILES), 2)
    raise UsageError(
        f"unknown source {name!r}",
        admissible=listed((*known, FILES), 40),
        fix=(f"did you mean {' or '.join(near)}? " if near else "")
        + "`hansa sources` lists them; a data set is named SOURCE:DATASET",
    )


def home_of(service: str, home: str, at: str = "") -> str:
    """Base address of a service: `at`, else its entry in $HANSA_AT, else its own.

    $HANSA_AT holds pairs `eurostat=https://mirror.example/estat`, separated by blanks: for a
    mirror or a gateway of the user's house.
    """
    found = at or _told().get(service, "") or home
    if not found:
        raise UsageError(
            f"the source {service} has no address of its own",
            fix=f"name it: --at https://HOST/PATH, or {AT}='{service}=https://HOST/PATH'",
        )
    if not found.startswith(("https://", "http://")):
        raise UsageError(
            "this is no address of a service",
            printed=found,
            admissible="https://HOST/PATH",
            fix="--at https://HOST/PATH",
        )
    return found.rstrip("/")


def _told() -> dict[str, str]:
    """The addresses of $HANSA_AT. A slip is refused: it would send requests to the public host."""
    told = {}
    for pair in os.environ.get(AT, "").split():
        name, sign, address = pair.partition("=")
        if (
            name not in (*services(), FILES)
            or not address.startswith(("http://", "https://"))
            or (not sign or "," in address)
        ):
            raise UsageError(
                f"{AT} cannot be read",
                printed=pair,
                admissible="SOURCE=https://HOST/PATH, several separated by blanks; sources: "
                + listed((*services(), FILES), 40),
                fix="correct it, or unset it",
            )
        told[name] = address
    return told


def _modules() -> list[str]:
    names: list[str] = []
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name != "builtin"):
        package = import_module(point.value)
        names.append(point.value)
        for inner in pkgutil.iter_modules(getattr(package, "__path__", [])):
            names.append(f"{point.value}.{inner.name}")
    return names
