"""Two indexes of write-offs that cost more than they must: empty order items, and a regular expression for each UID."""

import django.db.models.deletion
from django.db import migrations, models

# What a UID may hold is checked (write_off_uid_is_printable_ascii): these are all its characters but A-Z and 0-9.
CORE = r"""
create or replace function lost_damaged_uid_core(uid_key text) returns text language sql immutable parallel safe
    return ltrim(translate(uid_key, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', ''), '0');
"""
CORE_BACK = """
create or replace function lost_damaged_uid_core(uid_key text) returns text language sql immutable parallel safe
    return ltrim(regexp_replace(uid_key, '[^A-Z0-9]', '', 'g'), '0');
"""


class Migration(migrations.Migration):
    dependencies = [("lost_damaged", "0008_checks_by_statement")]

    operations = [
        migrations.AlterField(
            model_name="writeoff",
            name="order_item",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="write_offs",
                to="inventory_ops.orderitem",
            ),
        ),
        migrations.AddIndex(
            model_name="writeoff",
            index=models.Index(
                condition=models.Q(("order_item__isnull", False)), fields=["order_item"], name="write_off_of_order_item"
            ),
        ),
        migrations.RunSQL(CORE, CORE_BACK),
    ]
