"""Answers of one study that the server keeps: the last ones as they are, older ones packed.

What they take in memory is bounded by bytes, not by their number: a page of figures is a thousand
times as large as one of words. Unpacked, an answer takes five to six times its pickled length.
"""

from __future__ import annotations

import pickle
import zlib
from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hansa.web.worker import Content

OPEN_BYTES = 12 << 20
"""Pickled length of the answers that are kept as they are."""
PACKED_BYTES = 16 << 20
"""What the packed ones take."""


class Answers:
    """Answers by key. Not for several threads at once: the caller holds its lock."""

    def __init__(self) -> None:
        self._open: OrderedDict[Hashable, tuple[Content, int]] = OrderedDict()
        self._packed: OrderedDict[Hashable, bytes] = OrderedDict()
        self._sizes = [0, 0]

    def get(self, key: Hashable) -> Content | None:
        """What was kept under a key, if it is there still."""
        if key in self._open:
            self._open.move_to_end(key)
            return self._open[key][0]
        if key not in self._packed:
            return None
        self._packed.move_to_end(key)
        pickled = zlib.decompress(self._packed[key])
        # Packed by this very process, a moment or an hour ago.
        content: Content = pickle.loads(pickled)
        self._opened(key, content, len(pickled))
        return content

    def keep(self, key: Hashable, content: Content) -> None:
        """Keep an answer; those not asked for longest make room."""
        pickled = pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
        self._drop(key)
        packed = self._packed[key] = zlib.compress(pickled, 1)
        self._sizes[1] += len(packed)
        self._opened(key, content, len(pickled))
        while self._sizes[1] > PACKED_BYTES and len(self._packed) > 1:
            self._drop(next(iter(self._packed)))

    def clear(self) -> None:
        """Forget all of them."""
        self._open.clear()
        self._packed.clear()
        self._sizes = [0, 0]

    def _opened(self, key: Hashable, content: Content, size: int) -> None:
        self._open[key] = content, size
        self._sizes[0] += size
        while self._sizes[0] > OPEN_BYTES and len(self._open) > 1:
            self._sizes[0] -= self._open.popitem(last=False)[1][1]

    def _drop(self, key: Hashable) -> None:
        if key in self._open:
            self._sizes[0] -= self._open.pop(key)[1]
        if key in self._packed:
            self._sizes[1] -= len(self._packed.pop(key))
