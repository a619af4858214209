"""What lists are sorted by: indexes, and the totals of each product and inventory type."""

import django.db.models.deletion
from django.db import migrations, models

TRIGGERS = """
-- Each statement's pairs are locked in one order, then read again: the second of two writers at once sees the first.
create function inventory_ops_reread_stock(products bigint[], types bigint[]) returns void language plpgsql as $$
begin
    if products is null then
        return;
    end if;
    insert into inventory_ops_stocktotal (product_id, inventory_type_id, merchant_id, on_hand, allocated, available)
    select x.product, x.type, p.merchant_id, 0, 0, 0 from unnest(products, types) x (product, type)
    join inventory_ops_product p on p.id = x.product
    where not exists (select from inventory_ops_stocktotal t
                      where t.product_id = x.product and t.inventory_type_id = x.type)
    order by 1, 2 on conflict do nothing;
    perform from inventory_ops_stocktotal t join unnest(products, types) x (product, type)
        on t.product_id = x.product and t.inventory_type_id = x.type order by t.product_id, t.inventory_type_id
        for no key update of t;
    update inventory_ops_stocktotal t set on_hand = s.on_hand, allocated = s.allocated,
        available = s.on_hand - s.allocated, nearest_expiry = s.nearest_expiry
    from unnest(products, types) x (product, type)
    cross join lateral (
        select coalesce(sum(b.on_hand), 0) as on_hand, coalesce(sum(b.allocated), 0) as allocated,
               min(b.expires_on) filter (where b.on_hand > 0) as nearest_expiry
        from inventory_ops_stockbalance b where b.product_id = x.product and b.inventory_type_id = x.type
    ) s
    where t.product_id = x.product and t.inventory_type_id = x.type
      and (t.on_hand, t.allocated, t.nearest_expiry) is distinct from (s.on_hand, s.allocated, s.nearest_expiry);
end $$;

create function inventory_ops_totals_of_balances() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        perform inventory_ops_reread_stock(array_agg(product_id), array_agg(inventory_type_id)) from (
            select distinct product_id, inventory_type_id from changed) x;
    elsif tg_op = 'UPDATE' then
        perform inventory_ops_reread_stock(array_agg(product_id), array_agg(inventory_type_id)) from (
            select c.product_id, c.inventory_type_id from changed c join before b on b.id = c.id
            where (b.product_id, b.inventory_type_id, b.on_hand, b.allocated, b.expires_on)
                is distinct from (c.product_id, c.inventory_type_id, c.on_hand, c.allocated, c.expires_on)
            union
            select b.product_id, b.inventory_type_id from changed c join before b on b.id = c.id
            where (b.product_id, b.inventory_type_id) is distinct from (c.product_id, c.inventory_type_id)) x;
    else
        perform inventory_ops_reread_stock(array_agg(product_id), array_agg(inventory_type_id)) from (
            select distinct product_id, inventory_type_id from before) x;
        delete from inventory_ops_stocktotal t using before b
        where t.product_id = b.product_id and t.inventory_type_id = b.inventory_type_id
          and not exists (select from inventory_ops_stockbalance o
                          where o.product_id = b.product_id and o.inventory_type_id = b.inventory_type_id);
    end if;
    return null;
end $$;
create trigger stock_totals_insert after insert on inventory_ops_stockbalance referencing new table as changed
    for each statement execute function inventory_ops_totals_of_balances();
create trigger stock_totals_update after update on inventory_ops_stockbalance
    referencing new table as changed old table as before
    for each statement execute function inventory_ops_totals_of_balances();
create trigger stock_totals_delete after delete on inventory_ops_stockbalance referencing old table as before
    for each statement execute function inventory_ops_totals_of_balances();

create function inventory_ops_rebuild_stock_totals() returns void language sql as $$
    delete from inventory_ops_stocktotal;
    insert into inventory_ops_stocktotal (product_id, inventory_type_id, merchant_id, on_hand, allocated, available,
        nearest_expiry)
    select product_id, inventory_type_id, min(merchant_id), sum(on_hand), sum(allocated), sum(on_hand - allocated),
           min(expires_on) filter (where on_hand > 0)
    from inventory_ops_stockbalance group by product_id, inventory_type_id
$$;
select inventory_ops_rebuild_stock_totals();

create index inventory_event_by_occurrence on inventory_ops_inventoryevent (occurred_at, id);
"""

BACK = """
drop index inventory_event_by_occurrence;
drop trigger stock_totals_insert on inventory_ops_stockbalance;
drop trigger stock_totals_update on inventory_ops_stockbalance;
drop trigger stock_totals_delete on inventory_ops_stockbalance;
drop function inventory_ops_totals_of_balances, inventory_ops_reread_stock, inventory_ops_rebuild_stock_totals;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0008_price_guard"),
    ]

    operations = [
        migrations.CreateModel(
            name="StockTotal",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "product_id", "inventory_type_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inventory_ops.product",
                    ),
                ),
                (
                    "inventory_type",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.inventorytype",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory_ops.merchant",
                    ),
                ),
                ("on_hand", models.BigIntegerField(default=0)),
                ("allocated", models.BigIntegerField(default=0)),
                ("available", models.BigIntegerField(default=0)),
                ("nearest_expiry", models.DateField(null=True)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="orderitem",
            name="order_item_short",
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("status", 1)), fields=["total_amount", "id"], name="order_cart_total"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(condition=models.Q(("status", 1)), fields=["promo_code", "id"], name="order_cart_promo"),
        ),
        migrations.AddIndex(
            model_name="orderitem",
            index=models.Index(
                condition=models.Q(("status__in", [2, 3]), ("quantity_shipped__lt", models.F("quantity"))),
                fields=["merchant", "product", "ordered_at"],
                include=(
                    "order",
                    "status",
                    "quantity",
                    "quantity_shipped",
                    "cancelled_quantity",
                    "cancelled_by",
                    "ship_by",
                    "unit_price",
                ),
                name="order_item_not_shipped",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["vendor_sku", "id"], name="product_by_vendor_sku"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["brand_name", "id"], name="product_by_brand"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["model_name", "id"], name="product_by_model"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["created_at", "id"], name="product_by_creation"),
        ),
        migrations.AddIndex(
            model_name="stocktotal",
            index=models.Index(fields=["on_hand", "product", "inventory_type"], name="stock_total_by_on_hand"),
        ),
        migrations.AddIndex(
            model_name="stocktotal",
            index=models.Index(fields=["allocated", "product", "inventory_type"], name="stock_total_by_allocated"),
        ),
        migrations.AddIndex(
            model_name="stocktotal",
            index=models.Index(fields=["available", "product", "inventory_type"], name="stock_total_by_available"),
        ),
        migrations.AddIndex(
            model_name="stocktotal",
            index=models.Index(fields=["nearest_expiry", "product", "inventory_type"], name="stock_total_by_expiry"),
        ),
        migrations.AddIndex(
            model_name="stocktotal",
            index=models.Index(
                models.OrderBy(models.F("nearest_expiry"), descending=True, nulls_last=True),
                models.OrderBy(models.F("product"), descending=True),
                models.OrderBy(models.F("inventory_type"), descending=True),
                name="stock_total_by_expiry_d",
            ),
        ),
        migrations.RunSQL(TRIGGERS, BACK),
    ]
