"""The key of a request: the same question has the same key, on every machine."""

from __future__ import annotations

import hashlib
import json

from hansa.sources.live.contract import Request


def key_of(request: Request) -> str:
    """SHA-256 over method, address, `Accept` and body, in hexadecimal."""
    told = [request.method, request.url, request.accept, request.body.hex()]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
