"""What was answered about a layout, remembered under its header; and a guess for one that nobody knows yet."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from inventory_ops.kit.imports import registry
from inventory_ops.kit.imports.columns import plain
from inventory_ops.kit.imports.recognise import Layout
from inventory_ops.kit.imports.spec import ImportSpec
from inventory_ops.models import ImportMapping, User

# these belong to the file, not to its layout: two shops write the same header
OF_THE_FILE = ("store", "order_prefix")
LIKE_ENOUGH = 0.74
# headers that hand-kept lists and other shops use
SYNONYMS = {
    "sku": "article articlenumber articleno artikelnummer artikelnr artnr itemcode itemsku itemnumber itemno"
    " partnumber productcode productsku reference referencia ref codigo skucode stockcode",
    "name": "title productname itemname bezeichnung artikelbezeichnung description produktname nombre designation",
    "quantity": "qty stock onhand instock bestand menge available anzahl cantidad quantite units lagerbestand",
    "location": "warehouse lager lagerort standort place store site bin almacen entrepot",
    "inventory_type": "zustand condition state type grade",
    "expires_on": "expiry expirydate expirationdate mhd bestbefore haltbarbis ablaufdatum expires",
    "lot": "batch charge batchnumber lotnumber chargennummer lote",
    "price": "vkpreis vk unitprice sellingprice listprice preis precio prix regularprice retailprice",
    "cost": "ekpreis ek unitcost purchaseprice einkaufspreis costprice costofgoods coste",
    "vendor_number": "vendor merchant seller supplier lieferant vendorcode haendler vendorid",
    "category": "kategorie productcategory warengruppe categoria",
    "brand_name": "brand marke manufacturer hersteller",
    "vendor_sku": "suppliersku lieferantenartikelnummer",
    "order_number": "order orderid orderno bestellnummer auftragsnummer ordername",
    "item_id": "lineid orderitemid lineitemid orderlineid",
    "created_at": "orderdate date created purchasedate bestelldatum datum createdat placedat",
    "unit_price": "itemprice price stückpreis einzelpreis priceperunit",
    "customer_email": "email customer buyeremail",
    "quantity_delta": "change delta difference adjustment aenderung",
    "occurred_at": "date datum when time happened adjustedat",
    "store_number": "store shop storeid filiale",
    "email": "emailaddress mail login username",
}


def digest_of(layout: Layout) -> str:
    return hashlib.sha256(layout.signature.encode()).hexdigest()


def remembered(layout: Layout) -> dict[str, Any]:
    """The answers that were given for this header before."""
    found = ImportMapping.objects.filter(signature=digest_of(layout)).values_list("answers", flat=True).first()
    return dict(found) if found else {}


@transaction.atomic
def remember(layout: Layout, answers: Mapping[str, Any], *, by: User | None) -> None:
    """Keep what was answered for a layout, so that the next file of it asks nothing. Does nothing for no answers."""
    lasting = {key: value for key, value in answers.items() if key not in OF_THE_FILE and value not in ("", None, {})}
    if not lasting or (layout.part is None and not lasting.get("columns")):
        return
    ImportMapping.objects.update_or_create(
        signature=digest_of(layout),
        defaults={
            "headers": list(layout.cells),
            "format": layout.format.name if layout.format else "",
            "answers": lasting,
            "updated_by": by,
            "updated_at": timezone.now(),
        },
    )


def guess(layout: Layout, spec: ImportSpec | None = None) -> dict[str, str]:
    """The best guess of ours for each header: by name, then by what the cells look like. '' where nothing fits."""
    specs = [spec] if spec else list(registry)
    best: dict[str, str] = {}
    points = -1.0
    for each in specs:
        found, score = _guess(layout, each)
        lacking = len(each.missing([name for name in found.values() if name]))
        score -= 2 * lacking
        if score > points:
            best, points = found, score
    return best


def _guess(layout: Layout, spec: ImportSpec) -> tuple[dict[str, str], float]:
    pairs: list[tuple[float, str, str]] = []
    for cell in layout.cells:
        for column in spec.columns:
            like = _likeness(cell, column.name)
            if like >= LIKE_ENOUGH and _fits(layout, cell, spec, column.name):
                pairs.append((like, cell, column.name))
    found = dict.fromkeys(layout.cells, "")
    taken: set[str] = set()
    total = 0.0
    for like, cell, name in sorted(pairs, key=lambda pair: -pair[0]):
        if not found[cell] and name not in taken:
            found[cell] = name
            taken.add(name)
            total += like
    return found, total


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", plain(text))


def _likeness(header: str, name: str) -> float:
    theirs, ours = _letters(header), _letters(name)
    if theirs == ours:
        return 1.0
    if theirs in SYNONYMS.get(name, "").split():
        return 0.95
    return difflib.SequenceMatcher(None, theirs, ours).ratio()


def _fits(layout: Layout, cell: str, spec: ImportSpec, name: str) -> bool:
    """Could the samples be values of the column? A number with another decimal mark may."""
    kind = spec.fields[name].type
    if kind.sql not in {"bigint", "numeric", "date"}:
        return True
    samples = layout.samples(cell)
    return not samples or any(re.search(r"\d", sample) for sample in samples)
