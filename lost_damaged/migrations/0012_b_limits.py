"""Limits of what one person writes off alone, units that wait for a second one, and users instead of e-mails."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import inventory_ops.kit.db.fields

# Who did it was a text: now it is the user. (table, column, index)
COLUMNS = [
    ("lost_damaged_claim", "opened_by"),
    ("lost_damaged_claim", "decided_by"),
    ("lost_damaged_navbatch", "created_by"),
    ("lost_damaged_navbatch", "decided_by"),
    ("lost_damaged_writeofffile", "confirmed_by"),
]
FROZEN = """
create trigger batch_is_frozen before update on lost_damaged_navbatch for each row
    when ((old.number, old.currency, old.month, old.csv, old.json, old.sha256, old.line_count, old.debit_amount,
           old.credit_amount, old.{created_by}, old.created_at)
          is distinct from (new.number, new.currency, new.month, new.csv, new.json, new.sha256, new.line_count,
           new.debit_amount, new.credit_amount, new.{created_by}, new.created_at)
          or old.state <> 'exported')
    execute function inventory_ops_refuse_change();
"""
PEOPLE = (
    "drop trigger batch_is_frozen on lost_damaged_navbatch;"
    + "".join(
        f"""
alter table {table} add column {column}_id bigint;
update {table} t set {column}_id = u.id from inventory_ops_user u where lower(u.email) = lower(t.{column});
alter table {table} drop column {column};
create index {table}_{column}_id on {table} ({column}_id);
alter table {table} add foreign key ({column}_id) references inventory_ops_user (id) deferrable initially deferred;
"""
        for table, column in COLUMNS
    )
    + "alter table lost_damaged_claim alter column opened_by_id set not null;"
    + FROZEN.format(created_by="created_by_id")
)
PEOPLE_BACK = (
    "drop trigger batch_is_frozen on lost_damaged_navbatch;"
    + "".join(
        f"""
alter table {table} add column {column} varchar(254) not null default '';
update {table} t set {column} = u.email from inventory_ops_user u where u.id = t.{column}_id;
alter table {table} alter column {column} drop default;
alter table {table} drop column {column}_id;
"""
        for table, column in COLUMNS
    )
    + FROZEN.format(created_by="created_by")
)
# What was set holds on; a cap that was not set becomes the shipped one.
CAPS = """
insert into lost_damaged_cap (currency, unit_cap, import_cap, daily_cap, valid_from, created_at)
select '', unit, greatest(coalesce(import_cap, 25000), unit), greatest(coalesce(import_cap, 0), 50000, unit), now(), now()
from (select import_cap, coalesce(transaction_cap, import_cap, 1000) as unit from lost_damaged_financesettings
      where transaction_cap is not null or import_cap is not null) s
"""
GUARDS = """
drop trigger append_only on lost_damaged_factor;
create trigger append_only before update or delete on lost_damaged_factor
    for each row execute function inventory_ops_only_withdraw();
create trigger append_only before update or delete on lost_damaged_cap
    for each row execute function inventory_ops_only_withdraw();
create trigger append_only_truncate before truncate on lost_damaged_cap
    for each statement execute function inventory_ops_refuse_change();
-- what was booked under a cap only grows
create trigger only_grows before update on lost_damaged_spending for each row
    when (new.amount < old.amount or (new.user_id, new.currency, new.import_id, new.hour, new.slot)
          is distinct from (old.user_id, old.currency, old.import_id, old.hour, old.slot))
    execute function inventory_ops_refuse_change();
create trigger append_only before delete on lost_damaged_spending
    for each row execute function inventory_ops_refuse_change();
create trigger append_only_truncate before truncate on lost_damaged_spending
    for each statement execute function inventory_ops_refuse_change();
create trigger decided_is_frozen before update on lost_damaged_waitingunit
    for each row when (old.state <> 'waiting') execute function inventory_ops_refuse_change();
create trigger append_only before delete on lost_damaged_waitingunit
    for each row execute function inventory_ops_refuse_change();
"""
GUARDS_BACK = """
drop trigger append_only on lost_damaged_waitingunit;
drop trigger decided_is_frozen on lost_damaged_waitingunit;
drop trigger append_only_truncate on lost_damaged_spending;
drop trigger append_only on lost_damaged_spending;
drop trigger only_grows on lost_damaged_spending;
drop trigger append_only_truncate on lost_damaged_cap;
drop trigger append_only on lost_damaged_cap;
drop trigger append_only on lost_damaged_factor;
create trigger append_only before update or delete on lost_damaged_factor
    for each row execute function inventory_ops_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0030_b_proposals"),
        ("lost_damaged", "0011_a_keys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Cap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "currency",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Empty: all currencies without their own.",
                        max_length=3,
                        verbose_name="currency",
                    ),
                ),
                (
                    "unit_cap",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, verbose_name="cap per unit"
                    ),
                ),
                (
                    "import_cap",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, verbose_name="cap per import"
                    ),
                ),
                (
                    "daily_cap",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, max_digits=20, verbose_name="cap per person in 24 hours"
                    ),
                ),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now, verbose_name="valid from")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="withdrawn at")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "cap",
                "verbose_name_plural": "caps",
            },
        ),
        migrations.CreateModel(
            name="Spending",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3)),
                ("import_id", models.UUIDField(null=True)),
                ("hour", models.DateTimeField()),
                ("slot", models.PositiveSmallIntegerField(default=0)),
                ("amount", inventory_ops.kit.db.fields.MoneyField(decimal_places=4, max_digits=20)),
            ],
        ),
        migrations.CreateModel(
            name="WaitingUnit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sku", models.CharField(max_length=100, verbose_name="SKU")),
                ("uid", models.CharField(max_length=64, verbose_name="UID")),
                ("uid_key", models.CharField(max_length=64)),
                ("shop_item_id", models.BigIntegerField(blank=True, null=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("lost_inbound", "Lost at inbound"),
                            ("lost_warehouse", "Lost in the warehouse"),
                            ("lost_delivery", "Lost in delivery"),
                            ("lost_return", "Lost in the return"),
                            ("damaged_warehouse", "Damaged in the warehouse"),
                            ("damaged_carrier", "Damaged by the carrier"),
                            ("other", "Other"),
                        ],
                        max_length=30,
                        verbose_name="reason",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("api", "API"), ("csv", "CSV"), ("page", "Page")], max_length=10, verbose_name="source"
                    ),
                ),
                ("import_id", models.UUIDField(blank=True, null=True)),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "amount",
                    inventory_ops.kit.db.fields.MoneyField(
                        decimal_places=4, help_text="When it was last judged.", max_digits=20, verbose_name="amount"
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("over_unit", "Above the cap per unit"),
                            ("over_import", "Above the cap per import"),
                            ("over_day", "Above the cap per person in 24 hours"),
                            ("over_together", "Imported together with such a unit"),
                        ],
                        max_length=15,
                        verbose_name="limit",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("booked", "Written off"), ("rejected", "Rejected")],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("problem", models.CharField(blank=True, default="", max_length=500, verbose_name="problem")),
                ("note", models.CharField(blank=True, default="", max_length=2000, verbose_name="note")),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="requested at")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
            ],
            options={
                "verbose_name": "waiting unit",
                "verbose_name_plural": "waiting units",
            },
        ),
        migrations.RemoveConstraint(
            model_name="financesettings",
            name="finance_caps_are_positive",
        ),
        migrations.RemoveField(
            model_name="writeofffile",
            name="approved_by",
        ),
        migrations.RemoveField(
            model_name="writeofffile",
            name="needs_approval",
        ),
        migrations.AddField(
            model_name="factor",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="withdrawn at"),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(PEOPLE, PEOPLE_BACK)],
            state_operations=[
                migrations.AlterField(
                    model_name="claim",
                    name="decided_by",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                migrations.AlterField(
                    model_name="claim",
                    name="opened_by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="opened by",
                    ),
                ),
                migrations.AlterField(
                    model_name="navbatch",
                    name="created_by",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                migrations.AlterField(
                    model_name="navbatch",
                    name="decided_by",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                migrations.AlterField(
                    model_name="writeofffile",
                    name="confirmed_by",
                    field=models.ForeignKey(
                        blank=True,
                        help_text="Whose limits the booking is judged by.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AlterField(
            model_name="writeoffrow",
            name="state",
            field=models.CharField(
                choices=[
                    ("ready", "Ready"),
                    ("repeat", "Already written off"),
                    ("error", "Error"),
                    ("waits", "Waits for a second person"),
                    ("booked", "Written off"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["open", "withdrawn"]),
                    models.Q(
                        ("decided_by__isnull", False), models.Q(("decided_by", models.F("opened_by")), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="claim_decided_by_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="navbatch",
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
        migrations.AddIndex(
            model_name="cap",
            index=models.Index(fields=["currency", "-valid_from", "-id"], name="cap_newest"),
        ),
        migrations.AddConstraint(
            model_name="cap",
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
            model_name="cap",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^([A-Z]{3})?$")), name="cap_currency_is_a_code"
            ),
        ),
        migrations.AddField(
            model_name="spending",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="waitingunit",
            name="approved_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="waitingunit",
            name="claim",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="waiting",
                to="lost_damaged.claim",
            ),
        ),
        migrations.AddField(
            model_name="waitingunit",
            name="merchant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory_ops.merchant"
            ),
        ),
        migrations.AddField(
            model_name="waitingunit",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory_ops.product"
            ),
        ),
        migrations.AddField(
            model_name="waitingunit",
            name="rejected_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="waitingunit",
            name="requested_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="waitingunit",
            name="write_off",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="lost_damaged.writeoff",
            ),
        ),
        migrations.RunSQL(CAPS, migrations.RunSQL.noop),
        migrations.RemoveField(
            model_name="financesettings",
            name="import_cap",
        ),
        migrations.RemoveField(
            model_name="financesettings",
            name="transaction_cap",
        ),
        migrations.AddIndex(
            model_name="spending",
            index=models.Index(fields=["user", "hour"], name="spending_of_a_day"),
        ),
        migrations.AddIndex(
            model_name="spending",
            index=models.Index(
                condition=models.Q(("import_id__isnull", False)), fields=["import_id"], name="spending_of_import"
            ),
        ),
        migrations.AddConstraint(
            model_name="spending",
            constraint=models.UniqueConstraint(
                fields=("user", "currency", "hour", "import_id", "slot"),
                name="spending_one_row",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="spending",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="spending_is_positive"),
        ),
        migrations.AddIndex(
            model_name="waitingunit",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["id"], name="waiting_unit_open"),
        ),
        migrations.AddIndex(
            model_name="waitingunit",
            index=models.Index(
                condition=models.Q(("import_id__isnull", False)), fields=["import_id"], name="waiting_unit_of_import"
            ),
        ),
        migrations.AddConstraint(
            model_name="waitingunit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "waiting")), fields=("uid_key",), name="waiting_unit_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="waitingunit",
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
            model_name="waitingunit",
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
        migrations.RunSQL(GUARDS, GUARDS_BACK),
    ]
