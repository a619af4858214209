"""Proposals of rules, and price guards that hold from a moment on."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# Rules that hold from a moment on are never changed; one that has not begun can be withdrawn, once.
GUARDS = """
create function inventory_ops_only_withdraw() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.withdrawn_at is null and new.withdrawn_at is not null and old.valid_from > statement_timestamp()
        and to_jsonb(new) - 'withdrawn_at' = to_jsonb(old) - 'withdrawn_at' then
        return new;
    end if;
    raise exception '% of % is refused: only a rule that has not begun can be withdrawn.', tg_op, tg_table_name
        using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete on inventory_ops_priceguard
    for each row execute function inventory_ops_only_withdraw();
create trigger append_only_truncate before truncate on inventory_ops_priceguard
    for each statement execute function inventory_ops_refuse_change();

create trigger proposal_is_frozen before update on inventory_ops_proposal for each row
    when ((old.kind, old.merchant_id, old.subject, old.values, old.before, old.valid_from, old.note,
           old.requested_by_id, old.requested_at)
          is distinct from (new.kind, new.merchant_id, new.subject, new.values, new.before, new.valid_from, new.note,
           new.requested_by_id, new.requested_at)
          or old.state in ('rejected', 'withdrawn')
          or (old.state = 'approved' and (new.state, new.approved_by_id) is distinct from ('withdrawn', old.approved_by_id)))
    execute function inventory_ops_refuse_change();
create trigger append_only before delete on inventory_ops_proposal
    for each row execute function inventory_ops_refuse_change();
create trigger append_only_truncate before truncate on inventory_ops_proposal
    for each statement execute function inventory_ops_refuse_change();
"""
GUARDS_BACK = """
drop trigger append_only_truncate on inventory_ops_proposal;
drop trigger append_only on inventory_ops_proposal;
drop trigger proposal_is_frozen on inventory_ops_proposal;
drop trigger append_only_truncate on inventory_ops_priceguard;
drop trigger append_only on inventory_ops_priceguard;
drop function inventory_ops_only_withdraw;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0029_a_security_log"),
    ]

    operations = [
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=30, verbose_name="rule")),
                ("subject", models.CharField(blank=True, default="", max_length=50, verbose_name="for")),
                ("values", models.JSONField(verbose_name="new")),
                ("before", models.JSONField(default=dict, verbose_name="old")),
                (
                    "valid_from",
                    models.DateTimeField(
                        blank=True, help_text="Empty: once approved.", null=True, verbose_name="valid from"
                    ),
                ),
                ("note", models.CharField(blank=True, default="", max_length=200, verbose_name="note")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Waits for a second person"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="proposed at")),
                ("approved_at", models.DateTimeField(blank=True, null=True, verbose_name="approved at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="rejected or withdrawn at")),
                ("made_id", models.BigIntegerField(blank=True, help_text="The row that the approval made.", null=True)),
            ],
            options={
                "verbose_name": "proposal",
                "verbose_name_plural": "proposals",
            },
        ),
        migrations.RemoveConstraint(
            model_name="priceguard",
            name="price_guard_has_one_default",
        ),
        migrations.RemoveConstraint(
            model_name="priceguard",
            name="price_guard_mode_is_known",
        ),
        migrations.RenameField("priceguard", "changed_at", "valid_from"),
        migrations.AlterField(
            model_name="priceguard",
            name="valid_from",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="valid from"),
        ),
        migrations.AddField(
            model_name="priceguard",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="withdrawn at"),
        ),
        migrations.AlterField(
            model_name="priceguard",
            name="changed_by",
            field=models.CharField(blank=True, max_length=254, verbose_name="proposed by"),
        ),
        migrations.AlterField(
            model_name="priceguard",
            name="merchant",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="price_guards",
                to="inventory_ops.merchant",
            ),
        ),
        migrations.AlterField(
            model_name="priceguard",
            name="mode",
            field=models.CharField(
                choices=[
                    ("off", "Off: nothing is checked"),
                    ("warn", "Warn: who changes it is told, and may go on"),
                    ("block", "Block: the change is refused"),
                    ("default", "The rule for all vendors"),
                ],
                max_length=10,
                verbose_name="rule",
            ),
        ),
        migrations.AddIndex(
            model_name="priceguard",
            index=models.Index(fields=["merchant", "-valid_from", "-id"], name="price_guard_newest"),
        ),
        migrations.AddConstraint(
            model_name="priceguard",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("mode__in", ["off", "warn", "block"]),
                    models.Q(("merchant__isnull", False), ("mode", "default")),
                    _connector="OR",
                ),
                name="price_guard_mode_is_known",
            ),
        ),
        migrations.AddField(
            model_name="proposal",
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
            model_name="proposal",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="merchant",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory_ops.merchant",
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="requested_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddIndex(
            model_name="proposal",
            index=models.Index(fields=["kind", "-id"], name="proposal_of_kind"),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    models.Q(("approved_by", models.F("requested_by")), _negated=True),
                    _connector="OR",
                ),
                name="proposal_approved_by_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("approved_at", None),
                        ("approved_by", None),
                        ("ended_at", None),
                        ("ended_by", None),
                        ("state", "proposed"),
                    ),
                    models.Q(
                        ("approved_at__isnull", False),
                        ("approved_by__isnull", False),
                        ("ended_at", None),
                        ("ended_by", None),
                        ("state", "approved"),
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("ended_by__isnull", False),
                        ("state__in", ["rejected", "withdrawn"]),
                    ),
                    _connector="OR",
                ),
                name="proposal_state_has_its_facts",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "proposed")),
                fields=("kind", "merchant", "subject"),
                name="proposal_one_waits_per_rule",
                nulls_distinct=False,
            ),
        ),
        migrations.RunSQL(GUARDS, GUARDS_BACK),
    ]
