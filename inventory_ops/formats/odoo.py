"""Odoo › list view › Export: product variants, and the quants that say where they lie. Joined by external id."""

from __future__ import annotations

from dataclasses import dataclass

from inventory_ops.formats.questions import VENDOR, locations, vendor, whole
from inventory_ops.kit.imports.formats import (
    Bundle,
    Categories,
    Format,
    LeftOut,
    Output,
    Part,
    Record,
    Refused,
    paths,
    register,
)

# technical names, or labels, as the export was made
ID = ("id", "External ID")
SKU = ("default_code", "Internal Reference")
NAME = ("name", "Name", "Display Name")
CATEGORY = ("categ_id", "Product Category")
PRICE = ("list_price", "Sales Price", "lst_price")
COST = ("standard_price", "Cost")
TYPE = ("type", "Product Type", "detailed_type")
ON_SALE = ("sale_ok", "Sales", "Can be Sold")
ACTIVE = ("active", "Active")
PRODUCT = ("product_id/id", "Product/External ID")
LOCATION = ("location_id", "Location")
LOT = ("lot_id", "Lot/Serial Number")
QUANTITY = ("quantity", "Quantity")
ELSEWHERE = ("Virtual Locations", "Partners", "Partner Locations", "Physical Locations")
NO_STOCK = {"service": "Service", "combo": "Combo"}


def of(record: Record, names: tuple[str, ...]) -> str:
    return record[record.first(*names)]


def is_true(text: str) -> bool:
    return text.lower() in {"true", "1", "yes", ""}


@dataclass
class Read:
    """What the product file said, for the quants that come after it."""

    skus: dict[str, str]  # by external id; '' for products that were not taken
    lines: dict[str, int]  # of each SKU
    seen: dict[tuple[str, ...], int]


def read(bundle: Bundle, out: Output) -> None:
    categories, known = Categories(), Read({}, {}, {})
    last: list[Record] = []

    def product(record: Record) -> None:
        tree = add_product(record, known, out)
        categories.add(tree)
        last[:] = [record]

    bundle.each(product, "products")
    categories.put(last[0] if last else None, out)
    sums: dict[tuple[str, str, str], tuple[Record, int]] = {}
    bundle.each(lambda record: add_quant(record, known, sums, out), "quants")
    for (sku, code, lot), (record, quantity) in sums.items():
        if quantity < 0:
            record.warn(record.first(*QUANTITY), "negative: taken as 0", "negative")
        row = {"sku": sku, "vendor_number": vendor(record), "location": code, "lot": lot}
        out.row("stock", record, row | {"quantity": str(max(quantity, 0))})


def add_product(record: Record, known: Read, out: Output) -> list[str]:
    cells = tuple(record.cells)
    if cells in known.seen:
        raise LeftOut(f"the same as line {known.seen[cells]}")
    known.seen[cells] = record.line
    key = of(record, ID)
    known.skus.setdefault(key, "")
    if kind := NO_STOCK.get(of(record, TYPE).lower()):
        raise LeftOut(f"{kind}: no stock is kept")
    column = record.first(*SKU)
    sku = record.code(column)
    if not sku:
        raise Refused(column, "no internal reference (SKU)", "required")
    if sku in known.lines:
        raise Refused(column, f"{sku} is repeated, with other data than in line {known.lines[sku]}", "duplicate")
    known.lines[sku] = record.line
    known.skus[key] = sku
    tree = next(iter(paths(of(record, CATEGORY), step=" / ", between="", drop=("All",))), [])
    cost = record.decimal(record.first(*COST))
    out.row(
        "products",
        record,
        {
            "sku": sku,
            "vendor_number": vendor(record),
            "name": of(record, NAME),
            "category": tree[-1] if tree else None,
            "price": record.number(record.first(*PRICE)),
            "cost": record.number(record.first(*COST)) if cost else None,  # 0.0 is that nobody entered one
            "is_live": str(is_true(of(record, ON_SALE)) and is_true(of(record, ACTIVE))).lower(),
        },
    )
    return tree


def is_elsewhere(place: str) -> bool:
    return place.split("/", maxsplit=1)[0].strip() in ELSEWHERE


def add_quant(record: Record, known: Read, sums: dict[tuple[str, str, str], tuple[Record, int]], out: Output) -> None:
    """Quants of one product, place and lot are added up: our locations may be coarser than theirs."""
    place = of(record, LOCATION)
    if is_elsewhere(place):
        raise LeftOut("not a warehouse location")
    column = record.first(*PRODUCT)
    if (sku := known.skus.get(record[column])) is None:
        raise Refused(column, "no product of that id in the product file", "unknown")
    if not sku:
        raise LeftOut("its product is not taken")
    quantity = whole(record, record.first(*QUANTITY))
    code = record.mapped("locations", record.first(*LOCATION))
    out.location(code, place)
    first, total = sums.get((sku, code, of(record, LOT)), (record, 0))
    sums[sku, code, of(record, LOT)] = (first, total + quantity)


def place_of(record: Record) -> str:
    place = of(record, LOCATION)
    return "" if is_elsewhere(place) else place


QUANTS = (locations("location_id", place_of), VENDOR)

FORMAT = register(
    Format(
        name="odoo-products-stock",
        title="Odoo export",
        what="rows",
        where="Odoo › Inventory › Products › Product Variants (and Reporting › Stock › Locations) › Export",
        parts=(
            Part("products", "products", ("id", "default_code", "name", "list_price"), questions=(VENDOR,)),
            Part(
                "products",
                "products",
                ("External ID", "Internal Reference", "Name", "Sales Price"),
                questions=(VENDOR,),
                numbers=("Sales Price",),
            ),
            Part("quants", "stock", ("product_id/id", "location_id", "quantity"), questions=QUANTS),
            Part("quants", "stock", ("Product/External ID", "Location", "Quantity"), questions=QUANTS),
        ),
        columns={
            "categories": {"name": "categ_id", "parent": "categ_id"},
            "products": {
                "sku": "default_code",
                "name": "name",
                "category": "categ_id",
                "price": "list_price",
                "cost": "standard_price",
                "is_live": "sale_ok",
            },
            "stock": {"sku": "product_id/id", "location": "location_id", "quantity": "quantity", "lot": "lot_id"},
        },
        read=read,
        guarded=True,
    )
)
