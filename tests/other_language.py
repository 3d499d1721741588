"""Another catalogue in the place of Swedish, for as long as a test needs it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hansa import language
from hansa.language import speaking
from hansa.views import reading


@contextmanager
def catalogue(found: Callable[..., Any]) -> Iterator[None]:
    """`found(language, domain)` gives the catalogues of every language, and Swedish is spoken.

    What was said in Swedish before is not heard within, nor what is said within afterwards.
    """
    with pytest.MonkeyPatch.context() as patch, speaking("sv"):
        patch.setattr(language, "_catalogue", found)
        _forget()
        yield
    _forget()


def _forget() -> None:
    """Empty what keeps words: all that is kept by language, and the texts of views and reports."""
    for name, module in list(sys.modules.items()):
        if name.startswith("hansa."):
            shown = name.startswith(("hansa.views", "hansa.report"))
            for kept in list(vars(module).values()):
                if hasattr(kept, "cache_clear") and (shown or _by_language(kept)):
                    kept.cache_clear()
    reading._read_before.clear()


def _by_language(kept: Callable[..., Any]) -> bool:
    return bool({"language", "_language"} & set(inspect.signature(kept).parameters))
