"""Flags in half the memory say the same, and none is ever cut off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansa.law import MEANING, Quantity, any_flag, bit, carries, flags_to_text

NAMES = sorted(MEANING)
SETS = st.lists(st.frozensets(st.sampled_from(NAMES)), min_size=1, max_size=6)


def quantity(sets: list[frozenset[str]]) -> Quantity:
    return Quantity(np.arange(len(sets), dtype=float), np.array([any_flag(s) for s in sets]))


def words(q: Quantity) -> list[str]:
    flags = np.zeros(q.shape, np.uint64) if q.flags is None else q.flags
    return [flags_to_text(int(bits)) for bits in flags]


@given(SETS)
def test_narrowed_flags_are_the_same_flags(sets):
    wide = quantity(sets)
    narrow = wide.narrowed()
    assert words(narrow) == words(wide)
    assert (narrow.flags is None) == (not any(sets))
    if narrow.flags is not None:
        high = any("interval" in own for own in sets)
        assert narrow.flags.dtype == (np.uint64 if high else np.uint32)


@given(SETS, st.sampled_from(NAMES))
def test_one_more_flag_is_kept_whatever_the_memory(sets, name):
    wide = quantity(sets)
    where = np.arange(len(sets)) % 2 == 0
    assert words(wide.narrowed().flagged(where, name)) == words(wide.flagged(where, name))


@given(SETS, st.frozensets(st.sampled_from(NAMES)))
def test_a_mask_finds_the_same_in_narrow_flags(sets, mask):
    wide = quantity(sets)
    found = carries(wide.flags, any_flag(mask)).tolist()
    assert found == [bool(own & mask) for own in sets]
    narrow = wide.narrowed()
    if narrow.flags is not None:
        assert carries(narrow.flags, any_flag(mask)).tolist() == found


@pytest.mark.parametrize("name", ["p", "interval"])
def test_a_flag_of_its_own_stays_wide(name):
    """A step may add any flag in place to what it marked first."""
    assert Quantity(np.zeros(2)).flagged(np.array([True, False]), name).flags.dtype == np.uint64
    assert bit(name).dtype == np.uint64
