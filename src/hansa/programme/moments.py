"""Days and times of a call, as tables have them, and what came after a deadline."""

from __future__ import annotations

import re
from datetime import datetime

MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?")


def moment(text: str) -> bool:
    """Whether a text is a day or a time of a day, as written in a table."""
    if not MOMENT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def late(received: str, deadline: str) -> bool | None:
    """Whether something came after a deadline; None where it cannot be said.

    A deadline that is a day ends with that day.
    """
    if not deadline:
        return False
    if not received:
        return None
    own, limit = received.replace(" ", "T"), deadline.replace(" ", "T")
    if len(own) < len(limit) and limit.startswith(own):
        return None
    return own[: len(limit)] > limit
