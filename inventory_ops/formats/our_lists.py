"""Exports of our own lists: edited values come back as changes, columns that only inform are left out."""

from __future__ import annotations

from inventory_ops.kit.imports.formats import Format, Part, register, straight

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
