"""Reading one item: the same rules and sentences for API, CSV and page."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from lost_damaged.errors import Code, ItemError

WRITTEN_OFF = "written-off"
LONGEST_SKU = 100
LONGEST_UID = 64
LONGEST_ITEM_ID = 100

_UID = re.compile(r"[!-~]{1,64}")
# categories Cc and Cs, found by one search: a file has 15 characters of SKU in each of 100,000 rows
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SPREADSHEET = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")


@dataclass(frozen=True, slots=True)
class Item:
    """One unit to write off; `position` tells it apart in the answer."""

    position: int
    sku: str
    uid: str
    shop_item_id: str | None = None

    @property
    def uid_key(self) -> str:
        return self.uid.upper()


def uid_of(text: str) -> str:
    """NFKC(trim(text)). Raises ItemError unless that is 1 to 64 printable ASCII characters."""
    uid = unicodedata.normalize("NFKC", text[:1000]).strip()
    if not uid:
        raise ItemError(Code.FIELD, "UID", "UID is missing.")
    if len(text) > 1000 or len(uid) > LONGEST_UID:
        raise ItemError(Code.UID, "UID", f"UID is longer than {LONGEST_UID} characters.", text[:60])
    if not _UID.fullmatch(uid):
        raise ItemError(Code.UID, "UID", "UID may hold printable ASCII characters only, without spaces.", visible(text))
    if _SPREADSHEET.fullmatch(uid):
        raise ItemError(
            Code.UID,
            "UID",
            "UID looks damaged by a spreadsheet. Format the column as text and enter the full UID.",
            uid,
        )
    return uid


def sku_of(text: str) -> str:
    """The SKU exactly as written. Raises ItemError when it is missing, too long or holds control characters."""
    if not text.strip():
        raise ItemError(Code.FIELD, "SKU", "SKU is missing.")
    if len(text) > LONGEST_SKU:
        raise ItemError(Code.NOT_FOUND, "SKU", f"SKU is longer than {LONGEST_SKU} characters.", visible(text))
    if _CONTROL.search(text):
        raise ItemError(Code.FIELD, "SKU", "SKU holds a control character. Remove it.", visible(text))
    return text


def check_status(text: str) -> None:
    """Written-off, in any case. Raises ItemError."""
    if not text:
        raise ItemError(Code.FIELD, "Status", f"Status is missing. Use {WRITTEN_OFF}.")
    if text.lower() != WRITTEN_OFF:
        raise ItemError(
            Code.STATUS, "Status", f"Status is not supported. Use {WRITTEN_OFF}: it is the only one.", visible(text)
        )


def shop_item_id_of(text: str) -> str | None:
    """An order item shop id as the store writes it (500001, item_01J…, SO-7-1); empty is none. Raises ItemError."""
    text = unicodedata.normalize("NFC", text.strip())
    if not text:
        return None
    problem = ""
    if len(text) > LONGEST_ITEM_ID:
        problem = f"Order Item Shop ID is longer than {LONGEST_ITEM_ID} characters."
    elif not text.isprintable():
        problem = "Order Item Shop ID contains a character that cannot be seen. Remove it."
    elif _SPREADSHEET.fullmatch(text):
        problem = "Order Item Shop ID looks damaged by a spreadsheet. Format the column as text and enter the full ID."
    if problem:
        raise ItemError(Code.FIELD, "Order Item Shop ID", problem, visible(text))
    return text


def shop_item_id_as_json(text: str) -> int | str:
    """An order item shop id for the API: ids in digits have always been numbers there."""
    return int(text) if text.isascii() and text.isdigit() and str(int(text)) == text else text


def of_texts(position: int, *, sku: str, uid: str, status: str, shop_item_id: str = "") -> Item:
    """An item from cells or form fields. Raises ItemError."""
    read_sku, read_uid = sku_of(sku), uid_of(uid)
    check_status(status.strip())
    return Item(position, read_sku, read_uid, shop_item_id_of(shop_item_id))


def of_json(position: int, item: Any) -> Item:
    """An item of the API's body. Fields it does not know are ignored. Raises ItemError."""
    if not isinstance(item, dict):
        raise ItemError(Code.FIELD, "", "The item is not an object with sku, uid and status.")
    texts = {}
    for field, column in (("sku", "SKU"), ("uid", "UID"), ("status", "Status")):
        value = item.get(field)
        if value is None or value == "":
            raise ItemError(Code.FIELD, column, f"{field} is missing.")
        if not isinstance(value, str):
            code = Code.STATUS if field == "status" else Code.FIELD
            raise ItemError(code, column, f"{field} must be a text.", visible(repr(value)))
        texts[field] = value
    shop_item_id = item.get("id_sales_order_item")
    if isinstance(shop_item_id, int) and not isinstance(shop_item_id, bool) and 1 <= shop_item_id < 2**63:
        shop_item_id = str(shop_item_id)
    if shop_item_id is not None and not isinstance(shop_item_id, str):
        raise ItemError(
            Code.FIELD,
            "Order Item Shop ID",
            "id_sales_order_item must be a text or a whole number above 0.",
            visible(repr(shop_item_id)),
        )
    sku, uid = sku_of(texts["sku"]), uid_of(texts["uid"])
    check_status(texts["status"])
    return Item(position, sku, uid, shop_item_id_of(shop_item_id or ""))


def visible(text: str) -> str:
    """A value for an error message: at most 60 characters, what cannot be seen written as \\u escapes."""
    return "".join(
        character if character == " " or unicodedata.category(character)[0] not in "CZ" else f"\\u{ord(character):04x}"
        for character in text[:60]
    )
