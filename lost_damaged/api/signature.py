"""Signatures of calls: HMAC-SHA256 over the sorted query parameters, with the API key as text."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from hashlib import sha256
from urllib.parse import quote, unquote, unquote_plus


def split(raw_query: str) -> list[tuple[str, str]]:
    """The pairs of a query string exactly as received."""
    pairs = []
    for part in raw_query.split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.append((name, value))
    return pairs


def sign(parameters: dict[str, str], key: str) -> str:
    """The documented signature: sorted by name, RFC 3986-encoded, joined with &."""
    text = "&".join(f"{quote(name, safe='-_.~')}={quote(parameters[name], safe='-_.~')}" for name in sorted(parameters))
    return _hmac(text, key)


def matches(raw_query: str, signature: str, key: str) -> bool:
    """Is `signature` right for one of the ways in which clients encode what they sign?

    Clients differ: PHP and Go sign the RFC 3986 form, Python's urlencode writes a blank as +, Java leaves * alone.
    So the pairs as received are a form of their own.
    """
    found = False
    for text in _texts(raw_query):
        found |= hmac.compare_digest(_hmac(text, key).encode(), signature.encode("utf-8", "replace"))
    return found


def _texts(raw_query: str) -> Iterator[str]:
    pairs = [(name, value) for name, value in split(raw_query) if unquote_plus(name) != "Signature"]
    for decode in (unquote_plus, unquote):  # a + that was not encoded is a blank to some and a plus to others
        decoded = sorted((decode(name), decode(value)) for name, value in pairs)
        yield "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in decoded)
    yield "&".join(f"{name}={value}" for name, value in sorted(pairs, key=lambda pair: unquote_plus(pair[0])))


def _hmac(text: str, key: str) -> str:
    return hmac.new(key.encode(), text.encode("utf-8", "replace"), sha256).hexdigest()
