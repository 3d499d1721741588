"""Composite indices: from a table of indicators to ranks one can defend.

`hansa.index(...)` runs one: the package can be called, as the verb of the command line.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hansa.index.result import IndexResult


class _Verb(ModuleType):
    """A package that is a verb too: what it holds must not hide what it does."""

    def __call__(self, *given: Any, **options: Any) -> IndexResult:
        from hansa.index.verbs import index

        return index(*given, **options)


sys.modules[__name__].__class__ = _Verb
