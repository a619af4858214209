"""Exports of our own lists: edited values come back as changes, columns that only inform are left out."""

from __future__ import annotations

from inventory_ops.kit.imports.formats import (
    Bundle,
    Format,
    LeftOut,
    Output,
    Part,
    Record,
    Refused,
    register,
    straight,
)

STOCK = {
    "vendor_number": "Vendor Number",
    "sku": "Item SKU",
    "inventory_type": "Inventory Type",
    "quantity": "On Hand",
}
PRODUCTS = {
    "sku": "SKU Number",
    "vendor_number": "Vendor Number",
    "vendor_sku": "Vendor SKU Number",
    "name": "Item Name",
    "short_description": "Short Description",
    "brand_name": "Brand Name",
    "model_name": "Model Name",
    "is_live": "Live",
}
COSTS = {
    "sku": "Item SKU",
    "vendor_number": "Vendor Number",
    "price": "Current Inventory Price",
    "cost": "Current Inventory Cost of Goods",
}
PEOPLE = {"email": "E-mail", "name": "Name", "role": "Role", "vendor_number": "Vendor Number", "is_active": "State"}
# states as CSV and JSON write them, and as a page shows them
ACTIVE = {"active": "true", "no_password": "true", "no password yet": "true", "deactivated": "false"}
SERVICE = {"service", "service account"}


def read_people(bundle: Bundle, out: Output) -> None:
    """The state says whether somebody is active; a service account is no person, and made on its own page."""

    def add(record: Record) -> None:
        given = {ours: record.raw(theirs) for ours, theirs in PEOPLE.items() if record.at(theirs) >= 0}
        state = record["State"].strip().lower()
        if state in SERVICE:
            raise LeftOut("a service account: it is changed on its own page")
        if state not in ACTIVE:
            raise Refused("State", "is not one of Active, No password yet, Deactivated", "choice")
        out.row("users", record, given | {"is_active": ACTIVE[state]})

    bundle.each(add)


register(
    Format(
        name="our-people",
        title="Our list of people",
        what="people",
        where="People › Export. Name, role, vendor number and state (Active, Deactivated) may be changed.",
        parts=(Part("", "users", ("E-mail", "Name", "Role", "Vendor Number", "State", "Second Factor")),),
        columns={"users": PEOPLE},
        read=read_people,
        guarded=True,
    )
)
register(
    Format(
        name="our-stock-inquiry",
        title="Our stock inquiry",
        what="stock",
        where="Stock inquiry › Export. “On Hand” may be changed, where the stock lies in one place.",
        parts=(Part("", "stock", ("Item SKU", "Inventory Type", "On Hand", "Allocated", "Available")),),
        columns={"stock": STOCK},
        read=straight("stock", STOCK, total="true"),
        guarded=True,
    )
)
register(
    Format(
        name="our-products-without-orders",
        title="Our products without orders",
        what="products",
        where="Products without orders › Export. Names, descriptions, brand, model and “Live” may be changed.",
        parts=(Part("", "products", ("SKU Number", "Vendor SKU Number", "Vendor Number", "Brand Name", "Model Name")),),
        columns={"products": PRODUCTS},
        read=straight("products", PRODUCTS),
        guarded=True,
    )
)
register(
    Format(
        name="our-inventory-cost-issues",
        title="Our inventory cost issues",
        what="products",
        where="Inventory cost issues › Export. Price and cost may be changed.",
        parts=(
            Part("", "products", ("Vendor Number", "Item SKU", *list(COSTS.values())[2:]), without=("Order Number",)),
        ),
        columns={"products": COSTS},
        read=straight("products", COSTS),
        guarded=True,
    )
)
