"""Bodies of answers: unpacked piece by piece, checked to be whole, never larger than agreed."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping

from hansa.errors import HansaError

_GZIP = zlib.MAX_WBITS | 16
_STEP = 1 << 20


class Broken(Exception):
    """A body that is not what its encoding promises; another try may bring it whole."""


class Body:
    """A body that comes in pieces, decoded as they come.

    encoding  `Content-Encoding` of the answer: none or gzip, which is all that is asked for
    most      bytes, decoded
    place     for the message where it is more
    """

    def __init__(self, encoding: str, most: int, place: str) -> None:
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise HansaError(
                "the service packs its answer in a way that was not asked for",
                place=place,
                printed=f"Content-Encoding: {encoding[:100]}",
                admissible="gzip, or none",
                fix="tell the service; give another address of it",
            )
        self._most, self._place = most, place
        self._buffer = io.BytesIO()
        self._gzip = zlib.decompressobj(_GZIP) if "gzip" in encoding else None
        self._begun = False

    def add(self, piece: bytes) -> None:
        """Take the next piece as it was sent. Raises Broken, or HansaError where it is too much."""
        if self._gzip is None:
            self._keep(piece)
            return
        self._begun = self._begun or bool(piece)
        try:
            self._inflate(piece)
        except zlib.error as error:
            raise Broken(f"broken gzip: {error}") from error

    def _inflate(self, piece: bytes) -> None:
        assert self._gzip is not None
        while True:
            if self._gzip.eof:
                # Members may follow each other (RFC 1952, 2.2), filled up with zeros at the end.
                piece = piece.lstrip(b"\0")
                if not piece:
                    return
                self._gzip = zlib.decompressobj(_GZIP)
            # In steps, so that a few packed bytes cannot fill the memory before they are counted.
            out = self._gzip.decompress(piece, _STEP)
            self._keep(out)
            piece = self._gzip.unused_data if self._gzip.eof else self._gzip.unconsumed_tail
            if not piece and len(out) < _STEP:
                return

    def _keep(self, out: bytes) -> None:
        if self._buffer.tell() + len(out) > self._most:
            raise too_large(self._most, self._place)
        self._buffer.write(out)

    def first(self, most: int) -> bytes:
        """The first bytes of what came so far."""
        return bytes(self._buffer.getbuffer()[:most])

    def whole(self) -> bytes:
        """The complete body; raises Broken where its end is missing."""
        if self._gzip is not None and self._begun and not self._gzip.eof:
            raise Broken("the gzip of the answer ends too early")
        return self._buffer.getvalue()


def end_is_told(headers: Mapping[str, str], total: int | None, body: bytes) -> bool:
    """Whether something shows that a body came to its end: else a cut one looks like a whole.

    headers  of the answer, with names in lower case
    total    length the service states; None where it does not
    body     as it came, unpacked by `Body`; a file of gzip, XML and JSON close what they open

    Without any of these the connection just ends (RFC 9112, 6.3, rule 8): lines of text that
    break off behind one of them are complete to every reader.
    """
    if total is not None or not body:
        return True
    packed = headers.get("content-encoding", "").strip().lower() not in ("", "identity")
    if packed or "chunked" in headers.get("transfer-encoding", "").lower():
        return True
    begin = body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    return begin.startswith((b"\x1f\x8b", b"<", b"{", b"["))


def too_large(most: int, place: str) -> HansaError:
    """The error for an answer of more than `most` bytes."""
    return HansaError(
        "the answer is too large",
        place=place,
        printed=f"more than {most:,} bytes",
        admissible=f"at most {most:,} bytes in one answer",
        fix="ask for less: narrower filters, fewer years",
    )
