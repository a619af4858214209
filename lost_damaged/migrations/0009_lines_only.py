"""Which statement a transaction is on is said by its line alone; triggers write the lines of order items."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

from inventory_ops.kit.db.sql_files import ApplySql

# of statements that are open: what was shipped since they began
BRING = """
select lost_damaged_bring_lines(array_agg(i.id)) from inventory_ops_orderitem i
where i.quantity_shipped > 0 and exists (select from lost_damaged_statement s where s.merchant_id = i.merchant_id)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("lost_damaged", "0008_lines_of_old_statements"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="sellertransaction",
            name="statement",
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "closing", "closed", "paid"])),
                name="statement_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closing_amount__isnull", True), ("ends_at__isnull", True), ("state", "open")),
                    models.Q(("closing_amount__isnull", True), ("ends_at__isnull", False), ("state", "closing")),
                    models.Q(
                        ("closing_amount__isnull", False),
                        ("ends_at__isnull", False),
                        ("payout_amount__isnull", False),
                        ("state__in", ["closed", "paid"]),
                    ),
                    _connector="OR",
                ),
                name="statement_closed_has_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["open", "closing"]),
                    (
                        "closing_amount",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(
                                                    models.F("opening_amount"), "+", models.F("orders_amount")
                                                ),
                                                "+",
                                                models.F("fees_amount"),
                                            ),
                                            "+",
                                            models.F("refunds_amount"),
                                        ),
                                        "+",
                                        models.F("fee_refunds_amount"),
                                    ),
                                    "+",
                                    models.F("credits_amount"),
                                ),
                                "+",
                                models.F("debits_amount"),
                            ),
                            "+",
                            models.F("adjustments_amount"),
                        ),
                    ),
                    _connector="OR",
                ),
                name="statement_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("paid_amount", 0), ("state__in", ["open", "closing"])),
                    models.Q(
                        ("paid_amount__gte", 0), ("payout_amount__gt", models.F("paid_amount")), ("state", "closed")
                    ),
                    models.Q(("paid_amount", 0), ("payout_amount", 0), ("state", "closed")),
                    models.Q(("paid_amount", models.F("payout_amount")), ("payout_amount__gt", 0), ("state", "paid")),
                    _connector="OR",
                ),
                name="statement_paid_is_the_payout",
            ),
        ),
        # No `before`: there is no way back with transactions, whose statement went with the column that is removed above.
        # On an empty database the way back drops what these files make; the way forward makes it again.
        ApplySql("lost_damaged", "statement_lines", "8e486a50bf193b28"),
        ApplySql("lost_damaged", "statements", "3fd697aff33c3fde"),
        ApplySql("lost_damaged", "journal", "0991f0c14b8242f0"),
        ApplySql("lost_damaged", "append_only", "93f1902c522d1518"),
        migrations.RunSQL(BRING, migrations.RunSQL.noop),
    ]
