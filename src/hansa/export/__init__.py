"""Tables out: what Hansa holds, in the formats of spreadsheets, statistics and maps.

`hansa.export(...)` writes one: the package can be called, as the verb of the command line.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hansa.export.verb import Exported


class _Verb(ModuleType):
    """A package that is a verb too: what it holds must not hide what it does."""

    def __call__(self, *given: Any, **options: Any) -> Exported:
        from hansa.export.verb import export

        return export(*given, **options)


sys.modules[__name__].__class__ = _Verb
