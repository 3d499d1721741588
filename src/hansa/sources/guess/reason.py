"""Why something was guessed: a sentence with named places, said in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hansa.language import _


@dataclass(frozen=True)
class Reason:
    """A text of ours and what fills its places; it is put into words where it is shown."""

    text: str
    values: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """The sentence in the language spoken here."""
        return _(self.text, **self.values)
