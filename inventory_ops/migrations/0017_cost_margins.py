"""The table of inventory cost issues has small margins, too, and the triggers note what may have one."""

from django.db import migrations, models

# The table is built again by the first who needs it.
EMPTY = "delete from inventory_ops_issuerefresh; delete from inventory_ops_inventorycostissue"

TRIGGERS = """
drop function inventory_ops_cost_above_own_price;
-- May a product's margin at a price of its own, now or at another time, be at most 10 percent? A little more than that,
-- because a margin is a quotient.
create function inventory_ops_cost_near_own_price(cost numeric, price numeric, special_price numeric) returns boolean
language sql immutable parallel safe as $$ select coalesce(cost >= 0.8999 * least(price, special_price), false) $$;

create or replace function inventory_ops_watch_stock(products bigint[]) returns void language plpgsql as $$
begin
    if products is null then
        return;
    end if;
    perform from inventory_ops_productstock where product_id = any(products) order by product_id for no key update;
    update inventory_ops_productstock s set is_watched = x.is_watched
    from inventory_ops_product p cross join lateral (
        select inventory_ops_cost_near_own_price(p.cost, p.price, p.special_price) or exists (
            select from inventory_ops_flashsale f where f.product_id = p.id and f.ends_at > now() - interval '1 day')
            as is_watched) x
    where p.id = any(products) and s.product_id = p.id and s.is_watched <> x.is_watched;
end $$;

create or replace function inventory_ops_issues_of_new_products() returns trigger language plpgsql as $$
begin
    insert into inventory_ops_issuechange (subject, key)
    select 'price', id from inserted where inventory_ops_cost_near_own_price(cost, price, special_price);
    update inventory_ops_productstock s set is_watched = true from inserted p
    where s.product_id = p.id and inventory_ops_cost_near_own_price(p.cost, p.price, p.special_price);
    return null;
end $$;

create or replace function inventory_ops_issues_of_changed_products() returns trigger language plpgsql as $$
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
               where inventory_ops_cost_near_own_price(b.cost, b.price, b.special_price)
                  <> inventory_ops_cost_near_own_price(c.cost, c.price, c.special_price)) then
        -- with those that the statistics lock after this: all in one order
        perform inventory_ops_watch_stock(array_agg(c.id)) from changed c join before b on b.id = c.id
        where (b.cost, b.price, b.special_price) is distinct from (c.cost, c.price, c.special_price);
    end if;
    return null;
end $$;

create or replace function inventory_ops_rebuild_watched() returns void language sql as $$
    update inventory_ops_productstock s set is_watched = x.is_watched
    from (
        select p.id, inventory_ops_cost_near_own_price(p.cost, p.price, p.special_price) or f.product_id is not null
            as is_watched
        from inventory_ops_product p
        left join (
            select distinct product_id from inventory_ops_flashsale where ends_at > now() - interval '1 day'
        ) f on f.product_id = p.id
    ) x where s.product_id = x.id and s.is_watched <> x.is_watched
$$;
select inventory_ops_rebuild_watched();
"""

BACK = (
    TRIGGERS.replace("cost_above_own_price;", "CHANGED;")
    .replace("cost_near_own_price", "cost_above_own_price")
    .replace("CHANGED;", "cost_near_own_price;")
    .replace("cost >= 0.8999 * least", "cost > least")
)

BY = {
    "loss_per_unit": "cost_issue_by_loss",
    "sku": "cost_issue_by_sku",
    "vendor_number": "cost_issue_by_vendor_number",
    "vendor_name": "cost_issue_by_vendor",
    "price_now": "cost_issue_by_price",
    "cost": "cost_issue_by_cost",
    "on_hand": "cost_issue_by_on_hand",
    "value_at_risk": "cost_issue_by_risk",
    "explained_by": "cost_issue_by_reason",
    "sale_starts_at": "cost_issue_by_sale",
}


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0015_findings_by_row"),
    ]

    operations = [
        migrations.RunSQL(EMPTY, migrations.RunSQL.noop),
        *(migrations.RemoveIndex("inventorycostissue", name) for name in [*BY.values(), "cost_issue_by_sale_desc"]),
        migrations.AddField(
            model_name="inventorycostissue",
            name="margin_percent",
            field=models.DecimalField(default=None),
            preserve_default=False,
        ),
        *(
            migrations.AddIndex(
                "inventorycostissue", models.Index(fields=[field, "product", "margin_percent"], name=name)
            )
            for field, name in BY.items()
        ),
        migrations.AddIndex(
            model_name="inventorycostissue",
            index=models.Index(
                models.OrderBy(models.F("sale_starts_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("product"), descending=True),
                models.F("margin_percent"),
                name="cost_issue_by_sale_desc",
            ),
        ),
        migrations.RunSQL(TRIGGERS, BACK),
        migrations.RunSQL(migrations.RunSQL.noop, EMPTY),
    ]
