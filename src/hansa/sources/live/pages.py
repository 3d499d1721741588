"""Replies that hold no data: pages in place of JSON, refusals, as one clear error each."""

from __future__ import annotations

import json
from typing import Any

from hansa.errors import HansaError
from hansa.sources.live.contract import Reply
from hansa.sources.live.troubles import first_words, place_of, status_words

_LATER = "ask again later: what was answered so far is kept"
_NOT_ADMITTED = (
    "it may want an account or keep this network out: ask it, or name a mirror with --at"
)
_LOOK_UP = "look the name up on the office's pages"


def said_by(reply: Reply) -> str:
    """The service's own words in a reply without data, one line; empty where there are none."""
    return first_words(reply.body, reply.headers)


def is_page(reply: Reply) -> bool:
    """True where the body is a page for people, whatever its status and type say."""
    start = reply.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<?xml"))


def json_of(reply: Reply, who: str) -> Any:
    """The JSON of a reply that was accepted (status 200).

    who  the service, in words
    Raises HansaError for a page, a PX file, a body cut short, with what stands there.
    """
    try:
        return json.loads(reply.body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        page = is_page(reply)
        if isinstance(problem, UnicodeDecodeError) and not page:
            raise _not_utf_8(reply, who, problem) from problem
        raise HansaError(
            f"{who} answers with {'a page' if page else 'something else'} in place of JSON",
            place=place_of(reply.request),
            printed=said_by(reply) or "an empty answer",
            admissible="JSON",
            fix=_LATER if page else "ask again with --refresh",
        ) from problem


def _not_utf_8(reply: Reply, who: str, problem: UnicodeDecodeError) -> HansaError:
    return HansaError(
        f"{who} answers in letters that are not UTF-8",
        place=place_of(reply.request),
        printed=f"byte {problem.object[problem.start]:#04x} at position {problem.start:,}",
        admissible="JSON in UTF-8",
        fix="tell the service; give another address of it",
    )


def refused(reply: Reply, who: str, pace: str = "") -> HansaError:
    """The error for a reply that refuses a question.

    pace  how often the service may be asked, in words: `30 calls in 10 seconds`
    """
    known = {
        401: (f"{who} asks for an account", "an address open to everybody", "use such an address"),
        204: (f"{who} answers without any content", "", _LOOK_UP),
        403: (f"{who} does not admit the question", "an address open to everybody", _NOT_ADMITTED),
        404: (f"{who} has nothing of this name", "", _LOOK_UP),
        410: (f"{who} has nothing of this name any more", "", _LOOK_UP),
        429: (f"{who} was asked too often", pace, _LATER),
    }
    rule, needed, fix = known.get(
        reply.status,
        (f"{who} does not answer at present", "", _LATER)
        if reply.status >= 500
        else (f"{who} refuses the question", "", "correct or narrow it with --filter"),
    )
    printed = ": ".join(filter(None, (status_words(reply.status), said_by(reply))))
    return HansaError(
        rule, place=place_of(reply.request), printed=printed, admissible=needed, fix=fix
    )
