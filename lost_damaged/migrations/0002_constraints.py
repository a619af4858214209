"""The rules and indexes of this app's tables that models state."""

import django.db.models.expressions
import django.db.models.functions.text
from django.db import migrations, models

from inventory_ops.kit.db.additions import AddAll


class Migration(migrations.Migration):
    dependencies = [
        ("lost_damaged", "0001_tables"),
    ]

    operations = [
        AddAll(
            [
                migrations.AddConstraint(
                    model_name="ApiKey",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("revoked_at__isnull", True)),
                        fields=("user", "slot"),
                        name="api_key_two_active_per_user",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="ApiKey",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("slot__in", [1, 2])), name="api_key_slot_is_one_or_two"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="ApiReply",
                    constraint=models.UniqueConstraint(
                        fields=("user", "signature", "body_sha256"), name="api_reply_once"
                    ),
                ),
                migrations.AddIndex(
                    model_name="ApiReply",
                    index=models.Index(fields=["created_at"], name="api_reply_by_age"),
                ),
                migrations.AddConstraint(
                    model_name="ApiIntent",
                    constraint=models.UniqueConstraint(fields=("user", "key"), name="api_intent_once"),
                ),
                migrations.AddIndex(
                    model_name="ApiIntent",
                    index=models.Index(fields=["claimed_at"], name="api_intent_by_age"),
                ),
                migrations.AddConstraint(
                    model_name="WriteOff",
                    constraint=models.UniqueConstraint(fields=("uid_key",), name="write_off_uid_once_for_ever"),
                ),
                migrations.AddConstraint(
                    model_name="WriteOff",
                    constraint=models.UniqueConstraint(fields=("number",), name="write_off_number_is_unique"),
                ),
                migrations.AddConstraint(
                    model_name="WriteOff",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("uid__regex", "^[!-~]{1,64}$")), name="write_off_uid_is_printable_ascii"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="WriteOff",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("uid_key", django.db.models.functions.text.Upper(models.F("uid")))),
                        name="write_off_uid_key_fits_uid",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="WriteOff",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("status", "written-off")), name="write_off_status_is_known"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="WriteOff",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "reason__in",
                                [
                                    "lost_inbound",
                                    "lost_warehouse",
                                    "lost_delivery",
                                    "lost_return",
                                    "damaged_warehouse",
                                    "damaged_carrier",
                                    "other",
                                ],
                            )
                        ),
                        name="write_off_reason_is_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="WriteOff",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("source__in", ["api", "csv", "page"])), name="write_off_source_is_known"
                    ),
                ),
                migrations.AddIndex(
                    model_name="WriteOff",
                    index=models.Index(fields=["merchant", "-id"], name="write_off_of_merchant"),
                ),
                migrations.AddIndex(
                    model_name="WriteOff",
                    index=models.Index(
                        condition=models.Q(("order_item__isnull", False)),
                        fields=["order_item"],
                        name="write_off_of_order_item",
                    ),
                ),
                migrations.AddIndex(
                    model_name="WriteOff",
                    index=models.Index(fields=["created_at", "id"], name="write_off_by_time"),
                ),
                migrations.AddIndex(
                    model_name="WriteOff",
                    index=models.Index(
                        condition=models.Q(("import_id__isnull", False)),
                        fields=["import_id"],
                        name="write_off_of_import",
                    ),
                ),
                migrations.AddIndex(
                    model_name="WriteOffHour",
                    index=models.Index(fields=["hour"], name="write_off_hour_by_time"),
                ),
                migrations.AddConstraint(
                    model_name="Claim",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state", "open"), models.Q(("uid_key", ""), _negated=True)),
                        fields=("uid_key",),
                        name="claim_one_open_per_uid",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Claim",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "accepted"), ("write_off__isnull", False)),
                            models.Q(models.Q(("state", "accepted"), _negated=True), ("write_off__isnull", True)),
                            _connector="OR",
                        ),
                        name="claim_accepted_has_its_write_off",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Claim",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state", "open")),
                            models.Q(models.Q(("state", "open"), _negated=True), ("decided_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="claim_decided_has_its_moment",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Claim",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["open", "withdrawn"]),
                            models.Q(
                                ("decided_by__isnull", False),
                                models.Q(("decided_by", models.F("opened_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="claim_decided_by_second_person",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Claim",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "reason__in",
                                [
                                    "lost_inbound",
                                    "lost_warehouse",
                                    "lost_delivery",
                                    "lost_return",
                                    "damaged_warehouse",
                                    "damaged_carrier",
                                    "other",
                                ],
                            )
                        ),
                        name="claim_reason_is_known",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Claim",
                    index=models.Index(fields=["merchant", "-id"], name="claim_of_merchant"),
                ),
                migrations.AddIndex(
                    model_name="Claim",
                    index=models.Index(condition=models.Q(("state", "open")), fields=["id"], name="claim_open"),
                ),
                migrations.AddConstraint(
                    model_name="ClaimFile",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="claim_file_is_named"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="WriteOffRow",
                    constraint=models.UniqueConstraint(fields=("file", "line"), name="write_off_row_line"),
                ),
                migrations.AddIndex(
                    model_name="WriteOffRow",
                    index=models.Index(
                        condition=models.Q(("state", "ready")), fields=["file", "id"], name="write_off_row_ready"
                    ),
                ),
                migrations.AddIndex(
                    model_name="WriteOffRow",
                    index=models.Index(
                        condition=models.Q(("state", "error")), fields=["file", "line"], name="write_off_row_error"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Cap",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("daily_cap__gte", models.F("unit_cap")),
                            ("import_cap__gte", models.F("unit_cap")),
                            ("unit_cap__gt", 0),
                        ),
                        name="caps_are_positive_and_nested",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Cap",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^([A-Z]{3})?$")), name="cap_currency_is_a_code"
                    ),
                ),
                migrations.AddIndex(
                    model_name="Cap",
                    index=models.Index(fields=["currency", "-valid_from", "-id"], name="cap_newest"),
                ),
                migrations.AddConstraint(
                    model_name="Spending",
                    constraint=models.UniqueConstraint(
                        fields=("user", "currency", "hour", "import_id", "slot"),
                        name="spending_one_row",
                        nulls_distinct=False,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Spending",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="spending_is_positive"
                    ),
                ),
                migrations.AddIndex(
                    model_name="Spending",
                    index=models.Index(fields=["user", "hour"], name="spending_of_a_day"),
                ),
                migrations.AddIndex(
                    model_name="Spending",
                    index=models.Index(
                        condition=models.Q(("import_id__isnull", False)),
                        fields=["import_id"],
                        name="spending_of_import",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="WaitingUnit",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")), fields=("uid_key",), name="waiting_unit_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="WaitingUnit",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by__isnull", True),
                            models.Q(("approved_by", models.F("requested_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="waiting_unit_approved_by_second_person",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="WaitingUnit",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("approved_by", None),
                                ("decided_at", None),
                                ("rejected_by", None),
                                ("state", "waiting"),
                                ("write_off", None),
                            ),
                            models.Q(
                                ("approved_by", None),
                                ("decided_at__isnull", False),
                                ("rejected_by__isnull", False),
                                ("state", "rejected"),
                                ("write_off", None),
                            ),
                            models.Q(
                                ("approved_by__isnull", False),
                                ("decided_at__isnull", False),
                                ("rejected_by", None),
                                ("state", "booked"),
                                ("write_off__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="waiting_unit_state_has_its_facts",
                    ),
                ),
                migrations.AddIndex(
                    model_name="WaitingUnit",
                    index=models.Index(
                        condition=models.Q(("state", "waiting")), fields=["id"], name="waiting_unit_open"
                    ),
                ),
                migrations.AddIndex(
                    model_name="WaitingUnit",
                    index=models.Index(
                        condition=models.Q(("import_id__isnull", False)),
                        fields=["import_id"],
                        name="waiting_unit_of_import",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="NavBatch",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("debit_amount", models.F("credit_amount"))), name="nav_batch_is_balanced"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="NavBatch",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "confirmed"), _negated=True),
                            models.Q(
                                ("decided_by__isnull", False),
                                models.Q(
                                    ("created_by__isnull", True),
                                    models.Q(("decided_by", models.F("created_by")), _negated=True),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="nav_batch_confirmed_by_second_person",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="FinanceSettings",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("claim_days__gte", 1), ("claim_days__lte", 3650)),
                        name="finance_claim_days_are_some",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="FinanceSettings",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="finance_settings_is_one_row"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Factor",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("factor__gte", 0), ("factor__lte", 1)), name="factor_is_a_ratio"
                    ),
                ),
                migrations.AddIndex(
                    model_name="Factor",
                    index=models.Index(fields=["merchant", "-valid_from", "-id"], name="factor_newest"),
                ),
                migrations.AddConstraint(
                    model_name="SellerAccount",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("vendor_no", ""), _negated=True), name="seller_account_is_given"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Statement",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("merchant", "currency"),
                        name="statement_one_open_per_seller",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Statement",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closing_amount__isnull", True), ("ends_at__isnull", True), ("state", "open")),
                            models.Q(
                                ("closing_amount__isnull", False), ("ends_at__isnull", False), ("state", "closed")
                            ),
                            _connector="OR",
                        ),
                        name="statement_closed_has_amounts",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Statement",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("state", "open"),
                            (
                                "closing_amount",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(
                                                    models.F("opening_amount"), "+", models.F("orders_amount")
                                                ),
                                                "+",
                                                models.F("credits_amount"),
                                            ),
                                            "+",
                                            models.F("debits_amount"),
                                        ),
                                        "+",
                                        models.F("fees_amount"),
                                    ),
                                    "+",
                                    models.F("refunds_amount"),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="statement_adds_up",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="SellerTransaction",
                    constraint=models.UniqueConstraint(fields=("number",), name="transaction_number_is_unique"),
                ),
                migrations.AddConstraint(
                    model_name="SellerTransaction",
                    constraint=models.UniqueConstraint(
                        fields=("write_off", "type"), name="transaction_once_per_write_off_and_type"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="SellerTransaction",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reverses__isnull", True), ("type", "credit")),
                            models.Q(("reverses__isnull", False), ("type", "debit")),
                            _connector="OR",
                        ),
                        name="transaction_debit_reverses_a_credit",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="SellerTransaction",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("factor__gte", 0), ("factor__lte", 1)), name="transaction_factor_is_a_ratio"
                    ),
                ),
                migrations.AddIndex(
                    model_name="SellerTransaction",
                    index=models.Index(fields=["merchant", "-id"], name="transaction_of_merchant"),
                ),
                migrations.AddIndex(
                    model_name="SellerTransaction",
                    index=models.Index(fields=["created_at", "id"], name="transaction_by_time"),
                ),
                migrations.AddConstraint(
                    model_name="LedgerEntry",
                    constraint=models.UniqueConstraint(
                        fields=("transaction", "account"), name="entry_once_per_transaction_and_account"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="LedgerEntry",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("credit", 0), ("debit__gt", 0)),
                            models.Q(("credit__gt", 0), ("debit", 0)),
                            _connector="OR",
                        ),
                        name="entry_has_exactly_one_side",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="LedgerEntry",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("account__in", ["expense", "liability"])), name="entry_account_is_known"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="NavBatchLine",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("active", True)),
                        fields=("transaction",),
                        name="nav_transaction_in_one_active_batch",
                    ),
                ),
            ]
        ),
    ]
