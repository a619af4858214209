"""How many findings there are, kept by triggers; indexes of the issue tables that pass over rows unseen."""

from decimal import Decimal

import django.db.models.expressions
import django.db.models.functions.comparison
from django.db import migrations, models

TRIGGERS = """
-- Rows are only added: who acts on a finding waits for no scan. The sum over them is the number of findings.
create function inventory_ops_count_findings() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into inventory_ops_findingtotal (report, merchant_id, state, count, value)
        select report, merchant_id, state, count(*), sum(value) from changed
        group by grouping sets ((report, state), (report, state, merchant_id))
        having grouping(merchant_id) = 1 or merchant_id is not null;
    elsif tg_op = 'DELETE' then
        insert into inventory_ops_findingtotal (report, merchant_id, state, count, value)
        select report, merchant_id, state, -count(*), -sum(value) from before
        group by grouping sets ((report, state), (report, state, merchant_id))
        having grouping(merchant_id) = 1 or merchant_id is not null;
    else
        insert into inventory_ops_findingtotal (report, merchant_id, state, count, value)
        select report, merchant_id, state, sum(factor), sum(factor * value)
        from (select 1 as factor, report, merchant_id, state, value from changed
              union all select -1, report, merchant_id, state, value from before) x
        group by grouping sets ((report, state), (report, state, merchant_id))
        having (grouping(merchant_id) = 1 or merchant_id is not null)
           and (sum(factor) <> 0 or sum(factor * value) <> 0);
    end if;
    return null;
end $$;
create trigger finding_totals_insert after insert on inventory_ops_finding referencing new table as changed
    for each statement execute function inventory_ops_count_findings();
create trigger finding_totals_update after update on inventory_ops_finding
    referencing new table as changed old table as before
    for each statement execute function inventory_ops_count_findings();
create trigger finding_totals_delete after delete on inventory_ops_finding referencing old table as before
    for each statement execute function inventory_ops_count_findings();

-- what was there before the triggers
insert into inventory_ops_findingtotal (report, merchant_id, state, count, value)
select report, merchant_id, state, count(*), sum(value) from inventory_ops_finding
group by grouping sets ((report, state), (report, state, merchant_id))
having grouping(merchant_id) = 1 or merchant_id is not null;
"""

BACK = """
drop trigger finding_totals_insert on inventory_ops_finding;
drop trigger finding_totals_update on inventory_ops_finding;
drop trigger finding_totals_delete on inventory_ops_finding;
drop function inventory_ops_count_findings;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0012_leaner_triggers"),
    ]

    operations = [
        migrations.CreateModel(
            name="FindingTotal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("report", models.CharField(max_length=50)),
                ("merchant_id", models.BigIntegerField(null=True)),
                ("state", models.CharField(max_length=20)),
                ("count", models.BigIntegerField()),
                ("value", models.DecimalField(decimal_places=4, max_digits=38)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="ordercostissue",
            name="order_cost_issue_by_order",
        ),
        migrations.RemoveIndex(
            model_name="ordercostissue",
            name="order_cost_issue_by_sku",
        ),
        migrations.RemoveIndex(
            model_name="shippingissue",
            name="shipping_issue_by_sku",
        ),
        migrations.RemoveIndex(
            model_name="shippingissue",
            name="shipping_issue_by_vendor",
        ),
        migrations.RemoveIndex(
            model_name="shippingissue",
            name="shipping_issue_by_units",
        ),
        migrations.RemoveIndex(
            model_name="shippingissue",
            name="shipping_issue_by_value",
        ),
        migrations.RemoveIndex(
            model_name="shippingissue",
            name="shipping_issue_by_time",
        ),
        migrations.AddIndex(
            model_name="inventorycostissue",
            index=models.Index(fields=["vendor_number", "product"], name="cost_issue_by_vendor_number"),
        ),
        migrations.AddIndex(
            model_name="ordercostissue",
            index=models.Index(fields=["order_number", "item", "issue_at"], name="order_cost_by_order_and_time"),
        ),
        migrations.AddIndex(
            model_name="ordercostissue",
            index=models.Index(fields=["customer_email", "item", "issue_at"], name="order_cost_by_email_and_time"),
        ),
        migrations.AddIndex(
            model_name="ordercostissue",
            index=models.Index(fields=["sku", "item", "issue_at"], name="order_cost_by_sku_and_time"),
        ),
        migrations.AddIndex(
            model_name="ordercostissue",
            index=models.Index(fields=["vendor_number", "item", "issue_at"], name="order_cost_by_vendor_and_time"),
        ),
        migrations.AddIndex(
            model_name="ordercostissue",
            index=models.Index(fields=["status", "item", "issue_at"], name="order_cost_by_status_and_time"),
        ),
        migrations.AddIndex(
            model_name="ordercostissue",
            index=models.Index(fields=["unit_price", "item", "issue_at"], name="order_cost_by_price_and_time"),
        ),
        migrations.AddIndex(
            model_name="ordercostissue",
            index=models.Index(fields=["unit_cost", "item", "issue_at"], name="order_cost_by_cost_and_time"),
        ),
        migrations.AddIndex(
            model_name="ordercostissue",
            index=models.Index(fields=["loss_per_unit", "item", "issue_at"], name="order_cost_by_loss_and_time"),
        ),
        migrations.AddIndex(
            model_name="ordercostissue",
            index=models.Index(fields=["loss_amount", "item", "issue_at"], name="order_cost_by_total_and_time"),
        ),
        migrations.AddIndex(
            model_name="ordercostissue",
            index=models.Index(fields=["quantity", "item", "issue_at"], name="order_cost_by_units_and_time"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                django.db.models.expressions.CombinedExpression(
                    models.F("cost"),
                    "/",
                    django.db.models.functions.comparison.NullIf(
                        django.db.models.functions.comparison.Least("price", "special_price"),
                        models.Value(Decimal("0")),
                    ),
                ),
                name="product_cost_share",
            ),
        ),
        migrations.AddIndex(
            model_name="shippingissue",
            index=models.Index(
                condition=models.Q(("times__gte", 2)),
                fields=["sku", "product", "times"],
                name="shipping_issue_by_sku_2",
            ),
        ),
        migrations.AddIndex(
            model_name="shippingissue",
            index=models.Index(
                condition=models.Q(("times__gte", 2)),
                fields=["vendor_name", "product", "times"],
                name="shipping_issue_by_vendor_2",
            ),
        ),
        migrations.AddIndex(
            model_name="shippingissue",
            index=models.Index(
                condition=models.Q(("times__gte", 2)),
                fields=["vendor_number", "product", "times"],
                name="shipping_issue_by_number_2",
            ),
        ),
        migrations.AddIndex(
            model_name="shippingissue",
            index=models.Index(
                condition=models.Q(("times__gte", 2)),
                fields=["units", "product", "times"],
                name="shipping_issue_by_units_2",
            ),
        ),
        migrations.AddIndex(
            model_name="shippingissue",
            index=models.Index(
                condition=models.Q(("times__gte", 2)),
                fields=["value", "product", "times"],
                name="shipping_issue_by_value_2",
            ),
        ),
        migrations.AddIndex(
            model_name="shippingissue",
            index=models.Index(
                condition=models.Q(("times__gte", 2)),
                fields=["last_at", "product", "times"],
                name="shipping_issue_by_time_2",
            ),
        ),
        migrations.AddIndex(
            model_name="findingtotal",
            index=models.Index(
                fields=["merchant_id", "report", "state"], include=("count", "value"), name="finding_total_of_merchant"
            ),
        ),
        migrations.RemoveField(
            model_name="ordercostissue",
            name="current_cost",
        ),
        migrations.RemoveField(
            model_name="ordercostissue",
            name="current_price",
        ),
        migrations.RunSQL(TRIGGERS, BACK),
    ]
