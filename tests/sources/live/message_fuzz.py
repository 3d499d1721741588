"""Cuts and flips of messages: what a reader may do with a body that was damaged on its way."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from hansa.errors import HansaError
from hansa.sources.live.contract import Observations


def damaged(body: bytes, seed: int, count: int) -> Iterator[bytes]:
    """The body cut short, with bytes changed, doubled, left out: `count` times, by a seed."""
    chance = random.Random(seed)
    for _ in range(count):
        kind = chance.randrange(4)
        at = chance.randrange(max(len(body), 1))
        if kind == 0:
            yield body[:at]
        elif kind == 1:
            changed = bytearray(body)
            for _ in range(chance.randrange(1, 4)):
                changed[chance.randrange(len(body))] = chance.randrange(256)
            yield bytes(changed)
        elif kind == 2:
            end = min(len(body), at + chance.randrange(1, 30))
            yield body[:at] + body[end:]
        else:
            end = min(len(body), at + chance.randrange(1, 30))
            yield body[:end] + body[at:end] + body[end:]


def survives(read: Callable[[bytes], object], body: bytes, seed: int, count: int) -> int:
    """How many damaged bodies were refused; any exception but HansaError comes through."""
    refused = 0
    for changed in damaged(body, seed, count):
        try:
            found = read(changed)
        except HansaError:
            refused += 1
        else:
            assert found is not None
            if isinstance(found, Observations):
                found.table.validate(full=True)
    return refused
