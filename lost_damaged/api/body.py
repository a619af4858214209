"""The body of a call: JSON or XML, told by its first byte, gzipped or not."""

from __future__ import annotations

import json
import zlib
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from inventory_ops.kit.numbers import whole
from lost_damaged.api import refusals
from lost_damaged.api.refusals import Refusal

MOST_BYTES = 2 * 1024 * 1024
MOST_ITEMS = 500


def read(request: HttpRequest) -> bytes:
    """The unpacked body. Raises Refusal when it is too big or its gzip is damaged."""
    if (whole(request.headers.get("Content-Length")) or 0) > MOST_BYTES:
        raise _too_big()
    try:
        data: bytes = request.read(MOST_BYTES + 1)
    except (UnreadablePostError, OSError) as error:
        raise refusals.bad_body("The body could not be read to its end.") from error
    if len(data) > MOST_BYTES:
        raise _too_big()
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in {"", "identity", "gzip"}:
        raise refusals.bad_body("Content-Encoding must be gzip, or left out.")
    return _unpacked(data) if encoding == "gzip" or data[:2] == b"\x1f\x8b" else data


def _unpacked(data: bytes) -> bytes:
    unpack = zlib.decompressobj(wbits=31)
    try:
        result = unpack.decompress(data, MOST_BYTES + 1)  # never more than this in memory, whatever the ratio
    except zlib.error as error:
        raise refusals.bad_body("The body is said to be gzip, but is not.") from error
    if len(result) > MOST_BYTES:
        raise _too_big()
    if not unpack.eof:
        raise refusals.bad_body("The gzip body is cut off.")
    return result


def _too_big() -> Refusal:
    return refusals.too_big(f"The body is larger than {MOST_BYTES // 1024**2} MB. Send fewer items in a call.")


def items(data: bytes, name: str = "Inventory") -> list[Any]:
    """The objects under Request › `name`. Raises Refusal."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if not start:
        raise refusals.bad_body("The body is empty.")
    found = _from_xml(data, name) if start == b"<" else _from_json(data, name)
    if not found:
        raise refusals.bad_body(f"{name} is empty.")
    if len(found) > MOST_ITEMS:
        raise refusals.too_big(f"At most {MOST_ITEMS} items in a call, these are {len(found)}.")
    return found


def _from_json(data: bytes, name: str) -> list[Any]:
    try:
        body = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise refusals.bad_body("The body is not UTF-8.") from error
    except RecursionError as error:
        raise refusals.bad_body("The body is nested too deeply.") from error
    except ValueError as error:  # covers JSONDecodeError and numbers beyond any bound
        raise refusals.bad_body(f"The body is not valid JSON: {str(error)[:150]}") from error
    found = body.get("Request") if isinstance(body, dict) else None
    found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, list):
        raise refusals.bad_body(f'The body must be {{"Request": {{"{name}": [ … ]}}}} with a list of items.')
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key is there twice in one object")
    return result


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


def _from_xml(data: bytes, name: str) -> list[Any]:
    try:
        root = ElementTree.fromstring(data.lstrip(), forbid_dtd=True)
    except DefusedXmlException as error:
        raise refusals.bad_body("XML with a DTD or entities is not accepted.") from error
    except (ParseError, ValueError, LookupError) as error:
        raise refusals.bad_body(f"The body is not valid XML: {str(error)[:150]}") from error
    if root.tag != "Request":
        raise refusals.bad_body("The root of the XML must be Request.")
    return [_fields(element) for element in root if element.tag == name]


def _fields(element: Any) -> Any:
    names = [child.tag for child in element]
    if len(set(names)) != len(names):
        raise refusals.bad_body(f"An element {element.tag} names a field twice.")
    return {child.tag: (child.text or "").strip() or None for child in element}
