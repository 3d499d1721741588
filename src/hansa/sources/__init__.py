"""In: one module a provider; reading is separate from parsing, and parsing is pure.

`hansa.sources(...)` says what can be fetched: the package can be called, as the verb of the
command line.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Verb(ModuleType):
    """A package that is a verb too: what it holds must not hide what it does."""

    def __call__(self, *given: Any, **options: Any) -> list[dict[str, Any]]:
        # By its name: the verb stands with the others above, and this package knows none of them.
        found: list[dict[str, Any]] = import_module("hansa.api").sources(*given, **options)
        return found


sys.modules[__name__].__class__ = _Verb
