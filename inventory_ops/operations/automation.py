"""Rules for findings: made and changed by people, applied by the scan to what it opened."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit.db import locks
from inventory_ops.kit.reports import Report, registry
from inventory_ops.models import AutomationRule, Merchant, User
from inventory_ops.operations import audit, people
from inventory_ops.queries.automation import meets
from inventory_ops.registries.permissions import ADMIN, OPERATIONS

LOCK = "automation rules"
OWNERS = [OPERATIONS, ADMIN]  # who can be given findings


class RuleRefused(Exception):
    """Nothing was changed; says why, and how to correct it."""


class RuleChanged(RuleRefused):
    """Somebody else changed the rule since it was shown."""


@dataclass(frozen=True, slots=True)
class RuleValues:
    """What a rule says. `snooze_days`: asleep for so many days from its opening on."""

    name: str
    report: str
    merchant: Merchant | None = None
    brand: str = ""
    assign_to: User | None = None
    snooze_days: int | None = None
    notify: User | None = None
    is_enabled: bool = True

    @classmethod
    def of(cls, rule: AutomationRule) -> RuleValues:
        return cls(**{name: getattr(rule, name) for name in cls.__dataclass_fields__})


@transaction.atomic
def create(*, values: RuleValues, by: User) -> AutomationRule:
    """Add a rule behind the others. Raises RuleRefused."""
    _check(values)
    locks.wait_for(LOCK)
    last = AutomationRule.objects.aggregate(last=Max("position"))["last"] or 0
    made = _saved(AutomationRule(position=last + 1, made_by=by, **_fields(values)))
    _record("create", made, by)
    return made


@transaction.atomic
def change(*, rule: AutomationRule, values: RuleValues, seen: RuleValues, by: User) -> bool:
    """Change a rule; `seen` is what the page showed. Answers whether anything changed. Raises RuleRefused."""
    _check(values)
    locks.wait_for(LOCK)
    found = AutomationRule.objects.select_for_update(of=["self"]).filter(pk=rule.pk).first()
    if found is None:
        raise RuleChanged(_("Somebody else deleted this rule meanwhile."))
    before = RuleValues.of(found)
    if before != seen:
        raise RuleChanged(_("Somebody else changed this rule since you opened it. Look at it again."))
    if before == values:
        return False
    for name, value in _fields(values).items():
        setattr(found, name, value)
    _record("change", _saved(found), by, before=before)
    return True


@transaction.atomic
def move(*, rule: AutomationRule, up: bool, by: User) -> bool:
    """Let a rule decide before the one that stands above it, or after the one below; answers whether it could."""
    locks.wait_for(LOCK)
    found = AutomationRule.objects.filter(pk=rule.pk).first()
    if found is None:
        return False
    others = AutomationRule.objects.exclude(pk=found.pk)
    if up:
        other = others.filter(position__lt=found.position).order_by("-position").first()
    else:
        other = others.filter(position__gt=found.position).order_by("position").first()
    if other is None:
        return False
    found.position, other.position = other.position, found.position
    for each in (found, other):  # the order is compared at the end of the transaction
        each.save(update_fields=["position"])
    _record("move", found, by)
    return True


@transaction.atomic
def delete(*, rule: AutomationRule, by: User) -> bool:
    """Delete a rule; what it did stays. Answers whether it was there."""
    locks.wait_for(LOCK)
    found = AutomationRule.objects.filter(pk=rule.pk).first()
    if found is None:
        return False
    _record("delete", found, by)
    found.delete()
    return True


def _check(values: RuleValues) -> None:
    report = registry.find(values.report)
    if report is None or report.bulk_group != "findings":
        raise RuleRefused(_("There is no report %(name)s with findings.") % {"name": values.report})
    if values.assign_to is None and values.snooze_days is None and values.notify is None:
        raise RuleRefused(_("Say what the rule does: give an owner, snooze, or notify somebody."))
    if values.snooze_days is not None and not 1 <= values.snooze_days <= 365:
        raise RuleRefused(_("Snooze for 1 to 365 days."))
    if values.assign_to is not None and not (values.assign_to.is_active and values.assign_to.has_role(*OWNERS)):
        raise RuleRefused(_("%(who)s cannot be given findings: choose operations or an administrator.")
                          % {"who": values.assign_to})  # fmt: skip
    if values.notify is not None and not (values.notify.is_active and values.notify.sees_all_merchants):
        raise RuleRefused(_("%(who)s cannot be notified by a rule.") % {"who": values.notify})
    if values.brand and getattr(report, "about", "") == "order":
        raise RuleRefused(_("Carts have no brand: leave it empty."))


def _fields(values: RuleValues) -> dict[str, Any]:
    return {name: getattr(values, name) for name in RuleValues.__dataclass_fields__}


def _saved(rule: AutomationRule) -> AutomationRule:
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:
        if "name" not in str(error):
            raise
        raise RuleRefused(_("Another rule is called “%(name)s”. Choose another name.") % {"name": rule.name}) from None
    return rule


def _record(verb: str, rule: AutomationRule, by: User, *, before: RuleValues | None = None) -> None:
    data = {"position": rule.position, "now": _plain(RuleValues.of(rule))}
    if before is not None:
        data["before"] = _plain(before)
    audit.record(
        action=f"automation.{verb}", by=by, subject=rule, summary=rule.name, data=data, merchant_id=rule.merchant_id
    )


def _plain(values: RuleValues) -> dict[str, Any]:
    return {
        name: value if isinstance(value, bool | int | None) else str(value) for name, value in _fields(values).items()
    }


# -- the scan -------------------------------------------------------------------------------------------------------

# of the findings that this scan opened: the first rule over the owner, the first over snoozing, and all that notify
APPLY = """
with opened as materialized (
    select f.* from inventory_ops_finding f
    where f.report = %(report)s and f.opened_at = %(now)s and f.state = 'open'
),
met as materialized (
    select f.id, f.assignee_id, r.id as rule_id, r.name, r.position, r.snooze_days, r.notify_id,
        -- whoever can be given findings no more is given none; a reopened finding keeps its owner
        (select u.id from inventory_ops_user u where u.id = r.assign_to_id and u.is_active and u.role = any(%(owners)s)
            and f.assignee_id is null) as owner_id
    from opened f join inventory_ops_automationrule r on r.is_enabled and {meets}
),
owners as (select distinct on (id) id, rule_id, name, owner_id from met where owner_id is not null
    order by id, position),
sleeps as (select distinct on (id) id, rule_id, name, snooze_days from met where snooze_days is not null
    order by id, position),
done as (
    select m.id, o.owner_id, s.snooze_days, o.rule_id as owner_rule, s.rule_id as sleep_rule, o.name as owner_name,
        s.name as sleep_name
    from (select distinct id from met) m left join owners o using (id) left join sleeps s using (id)
    where o.id is not null or s.id is not null
),
changed as (
    update inventory_ops_finding f set assignee_id = coalesce(d.owner_id, f.assignee_id),
        state = case when d.snooze_days is null then f.state else 'snoozed' end,
        until = case when d.snooze_days is null then f.until else %(now)s + make_interval(days => d.snooze_days) end,
        snoozed_value = case when d.snooze_days is null then f.snoozed_value end,
        version = f.version + 1
    from done d where d.id = f.id
    returning f.id, f.value, f.until
),
logged as (
    insert into inventory_ops_findingevent (finding_id, at, actor, kind, text, value)
    select d.id, %(now)s, '', w.kind, left(w.text, 1000), c.value
    from done d join changed c using (id)
    cross join lateral (
        select 'rule_assign' as kind, 'to ' || coalesce(nullif(u.name, ''), u.email) || ' (' || d.owner_name || ')'
            as text
        from inventory_ops_user u where u.id = d.owner_id
        union all
        select 'rule_snooze', 'until ' || to_char(c.until at time zone 'utc', 'YYYY-MM-DD') || ' (' || d.sleep_name
            || ')' where d.snooze_days is not null
    ) w
    returning finding_id
)
select m.rule_id, count(*), count(*) filter (where d.owner_rule = m.rule_id),
    count(*) filter (where d.sleep_rule = m.rule_id), (select count(*) from logged)
from met m left join done d using (id) group by m.rule_id order by min(m.position)
"""


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """What a rule did in one scan: findings it was about, and those that it assigned and snoozed."""

    met: int
    assigned: int
    snoozed: int


def apply(report: Report, *, as_of: datetime) -> dict[int, RuleCounts]:
    """Apply the rules to the findings that the scan of `as_of` opened, in one statement; answers what each did."""
    if not AutomationRule.objects.filter(report=report.slug, is_enabled=True).exists():
        return {}
    sql = APPLY.replace("{meets}", meets(getattr(report, "about", "")))
    with connection.cursor() as cursor:
        cursor.execute(sql, {"report": report.slug, "now": as_of, "owners": OWNERS})
        counts = {rule: RuleCounts(*rest) for rule, *rest, _logged in cursor.fetchall()}
    rules = AutomationRule.objects.select_related("notify").in_bulk(counts)
    for pk, each in counts.items():
        rule = rules[pk]
        audit.record(
            action="automation.apply",
            by=None,
            subject=rule,
            summary=f"{rule.name}: {_findings(each.met)}",
            data=asdict(each),
            merchant_id=rule.merchant_id,
        )
        if rule.notify is not None and rule.notify.is_active:
            _notify(rule.notify, rule, report, each.met)
    return counts


def _notify(person: User, rule: AutomationRule, report: Report, met: int) -> None:
    people.notify(
        person,
        title=lambda: _("%(report)s: %(findings)s opened") % {"report": report.title, "findings": _findings(met)},
        text=lambda: _("By your rule “%(name)s”.") % {"name": rule.name},
        url=_list_of(rule, report),
    )


def _findings(number: int) -> str:
    return ngettext("%(n)d finding", "%(n)d findings", number) % {"n": number}


def _list_of(rule: AutomationRule, report: Report) -> str:
    query = {"finding": "all"}
    if rule.merchant is not None:
        query["vendor"] = rule.merchant.vendor_number
    name, *arguments = report.route
    return reverse(name, args=arguments, query=query)
