"""Narrow tables of the issues, and the triggers that note what changed since they were refreshed."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import inventory_ops.kit.db.fields

TRIGGERS = """
-- Readers of this table delete what they took: it is short, and is vacuumed by its own measure.
alter table inventory_ops_issuechange set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Is a product's cost above a price of its own, now or at another time?
create function inventory_ops_cost_above_own_price(cost numeric, price numeric, special_price numeric) returns boolean
language sql immutable parallel safe as $$ select coalesce(cost > least(price, special_price), false) $$;

-- Those, and products with a flash sale that is not over. Locked first, then read: the second of two at once sees what
-- the first one wrote.
create function inventory_ops_watch_stock(products bigint[]) returns void language plpgsql as $$
begin
    if products is null then
        return;
    end if;
    perform from inventory_ops_productstock where product_id = any(products) order by product_id for no key update;
    update inventory_ops_productstock s set is_watched = x.is_watched
    from inventory_ops_product p cross join lateral (
        select inventory_ops_cost_above_own_price(p.cost, p.price, p.special_price) or exists (
            select from inventory_ops_flashsale f where f.product_id = p.id and f.ends_at > now() - interval '1 day')
            as is_watched) x
    where p.id = any(products) and s.product_id = p.id and s.is_watched <> x.is_watched;
end $$;

-- Products
create function inventory_ops_issues_of_new_products() returns trigger language plpgsql as $$
begin
    insert into inventory_ops_issuechange (subject, key)
    select 'price', id from inserted where inventory_ops_cost_above_own_price(cost, price, special_price);
    update inventory_ops_productstock s set is_watched = true from inserted p
    where s.product_id = p.id and inventory_ops_cost_above_own_price(p.cost, p.price, p.special_price);
    return null;
end $$;
-- after the trigger that gives them their statistics: triggers run in the order of their names
create trigger product_watch_insert after insert on inventory_ops_product referencing new table as inserted
    for each statement execute function inventory_ops_issues_of_new_products();

create function inventory_ops_issues_of_changed_products() returns trigger language plpgsql as $$
begin
    insert into inventory_ops_issuechange (subject, key)
    select case when (b.merchant_id, b.sku, b.name, b.brand_name, b.category_id)
                is distinct from (c.merchant_id, c.sku, c.name, c.brand_name, c.category_id)
           then 'product' else 'price' end, c.id
    from changed c join before b on b.id = c.id
    where (b.merchant_id, b.sku, b.name, b.brand_name, b.category_id, b.price, b.special_price, b.special_from,
           b.special_to, b.cost)
        is distinct from (c.merchant_id, c.sku, c.name, c.brand_name, c.category_id, c.price, c.special_price,
           c.special_from, c.special_to, c.cost);
    if exists (select from changed c join before b on b.id = c.id
               where inventory_ops_cost_above_own_price(b.cost, b.price, b.special_price)
                  <> inventory_ops_cost_above_own_price(c.cost, c.price, c.special_price)) then
        -- with those that the statistics lock after this: all in one order
        perform inventory_ops_watch_stock(array_agg(c.id)) from changed c join before b on b.id = c.id
        where (b.cost, b.price, b.special_price) is distinct from (c.cost, c.price, c.special_price);
    end if;
    return null;
end $$;
-- before the trigger of the statistics
create trigger product_issues_update after update on inventory_ops_product
    referencing new table as changed old table as before
    for each statement execute function inventory_ops_issues_of_changed_products();

create function inventory_ops_issues_of_deleted_products() returns trigger language plpgsql as $$
begin
    insert into inventory_ops_issuechange (subject, key) select 'product', id from before;
    return null;
end $$;
create trigger product_issues_delete after delete on inventory_ops_product referencing old table as before
    for each statement execute function inventory_ops_issues_of_deleted_products();

-- Flash sales
create function inventory_ops_issues_of_sales() returns trigger language plpgsql as $$
declare
    products bigint[];
begin
    if tg_op = 'INSERT' then
        select array_agg(product_id) into products from changed;
    elsif tg_op = 'DELETE' then
        select array_agg(product_id) into products from before;
    else
        select array_agg(product_id) into products
        from (select product_id from changed union select product_id from before) x;
    end if;
    insert into inventory_ops_issuechange (subject, key) select 'price', unnest(products);
    perform inventory_ops_watch_stock(products);
    return null;
end $$;
create trigger flash_sale_issues_insert after insert on inventory_ops_flashsale referencing new table as changed
    for each statement execute function inventory_ops_issues_of_sales();
create trigger flash_sale_issues_update after update on inventory_ops_flashsale
    referencing new table as changed old table as before
    for each statement execute function inventory_ops_issues_of_sales();
create trigger flash_sale_issues_delete after delete on inventory_ops_flashsale referencing old table as before
    for each statement execute function inventory_ops_issues_of_sales();

-- Row by row from here, with a condition that spares all other rows the call.
create function inventory_ops_issue_of_stock() returns trigger language plpgsql as $$
begin
    insert into inventory_ops_issuechange (subject, key) values ('stock', new.product_id);
    return null;
end $$;
create trigger stock_issue after update of on_hand on inventory_ops_productstock for each row
    when (new.is_watched and old.on_hand <> new.on_hand) execute function inventory_ops_issue_of_stock();

create function inventory_ops_issue_of_merchant() returns trigger language plpgsql as $$
begin
    insert into inventory_ops_issuechange (subject, key) values ('merchant', new.id);
    return null;
end $$;
create trigger merchant_issue after update on inventory_ops_merchant for each row
    when ((old.vendor_number, old.name) is distinct from (new.vendor_number, new.name))
    execute function inventory_ops_issue_of_merchant();

create function inventory_ops_issue_of_order() returns trigger language plpgsql as $$
begin
    insert into inventory_ops_issuechange (subject, key) values ('order', new.id);
    return null;
end $$;
create trigger order_issue after update on inventory_ops_order for each row
    when ((old.number, old.customer_email) is distinct from (new.number, new.customer_email))
    execute function inventory_ops_issue_of_order();

-- Order lines. A ship-by date that passes is found by the clock, which of a long transaction may be a day behind.
create function inventory_ops_short_line() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        insert into inventory_ops_issuechange (subject, key) values ('short', old.product_id);
    end if;
    if tg_op = 'INSERT' or (tg_op = 'UPDATE' and new.product_id is distinct from old.product_id) then
        insert into inventory_ops_issuechange (subject, key) values ('short', new.product_id);
    end if;
    return null;
end $$;
create trigger short_line_insert after insert on inventory_ops_orderitem for each row
    when ({new_is_short}) execute function inventory_ops_short_line();
create trigger short_line_update after update on inventory_ops_orderitem for each row
    when ((({old_is_short}) or ({new_is_short}))
        and (old.product_id, old.merchant_id, old.order_id, old.status, old.ordered_at, old.quantity, old.unit_price,
             old.quantity_shipped, old.cancelled_quantity, old.cancelled_by, old.ship_by)
        is distinct from (new.product_id, new.merchant_id, new.order_id, new.status, new.ordered_at, new.quantity,
             new.unit_price, new.quantity_shipped, new.cancelled_quantity, new.cancelled_by, new.ship_by))
    execute function inventory_ops_short_line();
create trigger short_line_delete after delete on inventory_ops_orderitem for each row
    when ({old_is_short}) execute function inventory_ops_short_line();

create function inventory_ops_line_below_cost() returns trigger language plpgsql as $$
begin
    insert into inventory_ops_issuechange (subject, key)
    values ('line', case when tg_op = 'DELETE' then old.id else new.id end);
    return null;
end $$;
create trigger line_below_cost_insert after insert on inventory_ops_orderitem for each row
    when (new.unit_cost > new.unit_price) execute function inventory_ops_line_below_cost();
create trigger line_below_cost_update after update on inventory_ops_orderitem for each row
    when ((old.unit_cost > old.unit_price or new.unit_cost > new.unit_price)
        and (old.product_id, old.merchant_id, old.order_id, old.status, old.quantity, old.cancelled_quantity,
             old.unit_price, old.unit_cost, old.issue_at, old.issue_sale_starts_at, old.issue_sale_ends_at,
             old.issue_sale_snapshot_price, old.issue_sale_percentage)
        is distinct from (new.product_id, new.merchant_id, new.order_id, new.status, new.quantity,
             new.cancelled_quantity, new.unit_price, new.unit_cost, new.issue_at, new.issue_sale_starts_at,
             new.issue_sale_ends_at, new.issue_sale_snapshot_price, new.issue_sale_percentage))
    execute function inventory_ops_line_below_cost();
create trigger line_below_cost_delete after delete on inventory_ops_orderitem for each row
    when (old.unit_cost > old.unit_price) execute function inventory_ops_line_below_cost();

create function inventory_ops_rebuild_watched() returns void language sql as $$
    update inventory_ops_productstock s set is_watched = x.is_watched
    from (
        select p.id, inventory_ops_cost_above_own_price(p.cost, p.price, p.special_price) or f.product_id is not null
            as is_watched
        from inventory_ops_product p
        left join (
            select distinct product_id from inventory_ops_flashsale where ends_at > now() - interval '1 day'
        ) f on f.product_id = p.id
    ) x where s.product_id = x.id and s.is_watched <> x.is_watched
$$;
-- what was there before the triggers; the tables themselves are built by the first who needs them
select inventory_ops_rebuild_watched();
"""
SHORT = (
    "{row}.status in (2, 3) and {row}.quantity_shipped < {row}.quantity and ({row}.status = 3"
    " or {row}.cancelled_quantity > 0 or {row}.ship_by < now() + interval '1 day')"
)
for row in ("new", "old"):
    TRIGGERS = TRIGGERS.replace(f"{{{row}_is_short}}", SHORT.replace("{row}", row))

BACK = """
drop trigger product_watch_insert on inventory_ops_product;
drop trigger product_issues_update on inventory_ops_product;
drop trigger product_issues_delete on inventory_ops_product;
drop trigger flash_sale_issues_insert on inventory_ops_flashsale;
drop trigger flash_sale_issues_update on inventory_ops_flashsale;
drop trigger flash_sale_issues_delete on inventory_ops_flashsale;
drop trigger stock_issue on inventory_ops_productstock;
drop trigger merchant_issue on inventory_ops_merchant;
drop trigger order_issue on inventory_ops_order;
drop trigger short_line_insert on inventory_ops_orderitem;
drop trigger short_line_update on inventory_ops_orderitem;
drop trigger short_line_delete on inventory_ops_orderitem;
drop trigger line_below_cost_insert on inventory_ops_orderitem;
drop trigger line_below_cost_update on inventory_ops_orderitem;
drop trigger line_below_cost_delete on inventory_ops_orderitem;
drop function inventory_ops_issues_of_new_products, inventory_ops_issues_of_changed_products,
    inventory_ops_issues_of_deleted_products, inventory_ops_issues_of_sales, inventory_ops_issue_of_stock,
    inventory_ops_issue_of_merchant, inventory_ops_issue_of_order, inventory_ops_short_line,
    inventory_ops_line_below_cost, inventory_ops_rebuild_watched, inventory_ops_watch_stock,
    inventory_ops_cost_above_own_price;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0009_list_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="InventoryCostIssue",
            fields=[
                ("vendor_number", models.CharField(max_length=50)),
                ("vendor_name", models.CharField(max_length=200)),
                ("sku", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=300)),
                (
                    "product",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="inventory_ops.product",
                    ),
                ),
                ("brand_name", models.CharField(blank=True, max_length=200)),
                ("price_now", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20)),
                ("cost", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20)),
                ("loss_per_unit", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20)),
                ("on_hand", models.BigIntegerField()),
                ("value_at_risk", models.DecimalField(decimal_places=4, max_digits=38)),
                ("in_flash_sale", models.BooleanField()),
                ("explained_by", models.CharField(max_length=20)),
                ("sale_starts_at", models.DateTimeField(null=True)),
                ("sale_ends_at", models.DateTimeField(null=True)),
                (
                    "sale_snapshot_price",
                    inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, null=True),
                ),
                (
                    "sale_percentage",
                    inventory_ops.kit.db.fields.PercentField(
                        decimal_places=4,
                        max_digits=7,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="IssueChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "subject",
                    models.CharField(
                        choices=[
                            ("product", "Product"),
                            ("price", "Price"),
                            ("stock", "Stock"),
                            ("short", "Short"),
                            ("line", "Line"),
                            ("order", "Order"),
                            ("merchant", "Merchant"),
                        ],
                        max_length=10,
                    ),
                ),
                ("key", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="IssueRefresh",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("as_of", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="OrderCostIssue",
            fields=[
                ("vendor_number", models.CharField(max_length=50)),
                ("vendor_name", models.CharField(max_length=200)),
                ("sku", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=300)),
                (
                    "item",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="inventory_ops.orderitem",
                    ),
                ),
                ("order_number", models.CharField(max_length=50)),
                ("customer_email", models.CharField(blank=True, max_length=254)),
                ("status", models.PositiveSmallIntegerField(choices=[(1, "Cart"), (2, "Open"), (3, "Closed")])),
                ("issue_at", models.DateTimeField()),
                ("unit_price", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20)),
                ("unit_cost", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20)),
                ("quantity", models.PositiveIntegerField()),
                ("loss_per_unit", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20)),
                ("loss_amount", models.DecimalField(decimal_places=4, max_digits=38)),
                ("current_price", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20)),
                ("current_cost", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, null=True)),
                ("issue_sale_starts_at", models.DateTimeField(null=True)),
                ("issue_sale_ends_at", models.DateTimeField(null=True)),
                (
                    "issue_sale_snapshot_price",
                    inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20, null=True),
                ),
                (
                    "issue_sale_percentage",
                    inventory_ops.kit.db.fields.PercentField(
                        decimal_places=4,
                        max_digits=7,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ShippingIssue",
            fields=[
                ("vendor_number", models.CharField(max_length=50)),
                ("vendor_name", models.CharField(max_length=200)),
                ("sku", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=300)),
                (
                    "product",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="inventory_ops.product",
                    ),
                ),
                ("times", models.BigIntegerField()),
                ("units", models.BigIntegerField()),
                ("value", models.DecimalField(decimal_places=4, max_digits=38)),
                ("last_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="productstock",
            name="is_watched",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name="flashsale",
            index=models.Index(fields=["starts_at"], name="flash_sale_by_start"),
        ),
        migrations.AddIndex(
            model_name="orderitem",
            index=models.Index(
                condition=models.Q(("status", 2), ("quantity_shipped__lt", models.F("quantity"))),
                fields=["ship_by"],
                name="order_item_ship_by",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("special_from__isnull", False)),
                fields=["special_from"],
                name="product_special_from",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("special_to__isnull", False)), fields=["special_to"], name="product_special_to"
            ),
        ),
        migrations.AddField(
            model_name="inventorycostissue",
            name="category",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="inventory_ops.category",
            ),
        ),
        migrations.AddField(
            model_name="inventorycostissue",
            name="merchant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="inventory_ops.merchant",
            ),
        ),
        migrations.AddConstraint(
            model_name="issuerefresh",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="issue_refresh_is_one"),
        ),
        migrations.AddField(
            model_name="ordercostissue",
            name="category",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="inventory_ops.category",
            ),
        ),
        migrations.AddField(
            model_name="ordercostissue",
            name="merchant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="inventory_ops.merchant",
            ),
        ),
        migrations.AddField(
            model_name="ordercostissue",
            name="order",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="inventory_ops.order",
            ),
        ),
        migrations.AddField(
            model_name="ordercostissue",
            name="product",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="inventory_ops.product",
            ),
        ),
        migrations.AddField(
            model_name="shippingissue",
            name="category",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="inventory_ops.category",
            ),
        ),
        migrations.AddField(
            model_name="shippingissue",
            name="merchant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="inventory_ops.merchant",
            ),
        ),
        migrations.AddIndex(
            model_name="inventorycostissue",
            index=models.Index(fields=["merchant", "product"], name="cost_issue_of_merchant"),
        ),
        migrations.AddIndex(
            model_name="inventorycostissue",
            index=models.Index(fields=["loss_per_unit", "product"], name="cost_issue_by_loss"),
        ),
        migrations.AddIndex(
            model_name="inventorycostissue",
            index=models.Index(fields=["sku", "product"], name="cost_issue_by_sku"),
        ),
        migrations.AddIndex(
            model_name="inventorycostissue",
            index=models.Index(fields=["vendor_name", "product"], name="cost_issue_by_vendor"),
        ),
        migrations.AddIndex(
            model_name="inventorycostissue",
            index=models.Index(fields=["price_now", "product"], name="cost_issue_by_price"),
        ),
        migrations.AddIndex(
            model_name="inventorycostissue",
            index=models.Index(fields=["cost", "product"], name="cost_issue_by_cost"),
        ),
        migrations.AddIndex(
            model_name="inventorycostissue",
            index=models.Index(fields=["on_hand", "product"], name="cost_issue_by_on_hand"),
        ),
        migrations.AddIndex(
            model_name="inventorycostissue",
            index=models.Index(fields=["value_at_risk", "product"], name="cost_issue_by_risk"),
        ),
        migrations.AddIndex(
            model_name="inventorycostissue",
            index=models.Index(fields=["explained_by", "product"], name="cost_issue_by_reason"),
        ),
        migrations.AddIndex(
            model_name="inventorycostissue",
            index=models.Index(fields=["sale_starts_at", "product"], name="cost_issue_by_sale"),
        ),
        migrations.AddIndex(
            model_name="inventorycostissue",
            index=models.Index(
                models.OrderBy(models.F("sale_starts_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("product"), descending=True),
                name="cost_issue_by_sale_desc",
            ),
        ),
        migrations.AddIndex(
            model_name="ordercostissue",
            index=models.Index(fields=["merchant", "issue_at"], name="order_cost_issue_of_merchant"),
        ),
        migrations.AddIndex(
            model_name="ordercostissue",
            index=models.Index(fields=["product"], name="order_cost_issue_of_product"),
        ),
        migrations.AddIndex(
            model_name="ordercostissue",
            index=models.Index(fields=["order"], name="order_cost_issue_of_order"),
        ),
        migrations.AddIndex(
            model_name="ordercostissue",
            index=models.Index(fields=["issue_at", "item"], name="order_cost_issue_by_time"),
        ),
        migrations.AddIndex(
            model_name="ordercostissue",
            index=models.Index(fields=["order_number", "item"], name="order_cost_issue_by_order"),
        ),
        migrations.AddIndex(
            model_name="ordercostissue",
            index=models.Index(fields=["sku", "item"], name="order_cost_issue_by_sku"),
        ),
        migrations.AddIndex(
            model_name="shippingissue",
            index=models.Index(fields=["merchant", "product"], name="shipping_issue_of_merchant"),
        ),
        migrations.AddIndex(
            model_name="shippingissue",
            index=models.Index(fields=["times", "product"], name="shipping_issue_by_times"),
        ),
        migrations.AddIndex(
            model_name="shippingissue",
            index=models.Index(fields=["sku", "product"], name="shipping_issue_by_sku"),
        ),
        migrations.AddIndex(
            model_name="shippingissue",
            index=models.Index(fields=["vendor_name", "product"], name="shipping_issue_by_vendor"),
        ),
        migrations.AddIndex(
            model_name="shippingissue",
            index=models.Index(fields=["units", "product"], name="shipping_issue_by_units"),
        ),
        migrations.AddIndex(
            model_name="shippingissue",
            index=models.Index(fields=["value", "product"], name="shipping_issue_by_value"),
        ),
        migrations.AddIndex(
            model_name="shippingissue",
            index=models.Index(fields=["last_at", "product"], name="shipping_issue_by_time"),
        ),
        migrations.AddIndex(
            model_name="shippingissue",
            index=models.Index(fields=["category", "times", "product"], name="shipping_issue_of_category"),
        ),
        migrations.RunSQL(TRIGGERS, BACK),
    ]
