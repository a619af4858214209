"""Where a second person counts, the database compares user ids, whatever the code above it does."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from inventory_ops.models import Proposal, User
from inventory_ops.operations import proposals
from lost_damaged.models import Claim, NavBatch, WaitingUnit
from lost_damaged.operations import rules
from tests import make
from user_audit.models import ActionJob

ROOT = Path(__file__).resolve().parent.parent
APPS = ("inventory_ops", "trackers", "lost_damaged", "user_audit")
ASKERS = {"requested_by", "proposed_by", "opened_by", "created_by"}
DECIDERS = {"approved_by", "decided_by"}
MODELS = [model for app in APPS for model in apps.get_app_config(app).get_models()]


def names(model: type[models.Model]) -> set[str]:
    return {field.name for field in model._meta.get_fields()}


TWO_PEOPLE = [model for model in MODELS if names(model) & DECIDERS]


def test_they_are_found() -> None:
    assert {Proposal, WaitingUnit, Claim, NavBatch, ActionJob} <= set(TWO_PEOPLE)


@pytest.mark.django_db
@pytest.mark.parametrize("model", TWO_PEOPLE)
def test_a_check_compares_the_two_ids(model: type[models.Model]) -> None:
    askers, deciders = names(model) & ASKERS, names(model) & DECIDERS
    assert len(askers) == len(deciders) == 1, "one asks, one decides"
    [asker], [decider] = askers, deciders
    for name in (asker, decider):
        field = model._meta.get_field(name)
        assert isinstance(field, models.ForeignKey) and field.related_model is User, f"{name} is a user, not a text"
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_get_constraintdef(oid) from pg_constraint where contype = 'c' and conrelid = %s::regclass",
            [model._meta.db_table],
        )
        checks = [text for (text,) in cursor.fetchall()]
    pair = rf"(?:{decider}_id = \(?{asker}_id|{decider}_id <> \(?{asker}_id)"
    assert any(re.search(pair, check) for check in checks), checks


def test_no_model_keeps_a_decider_as_text() -> None:
    texts = [
        f"{model.__name__}.{field.name}"
        for model in MODELS
        for field in model._meta.get_fields()
        if field.name in DECIDERS | {"requested_by", "opened_by", "confirmed_by"}
        and isinstance(field, models.CharField)
        and model.__name__ != "ScanRun"  # who asked for a scan: nobody has to approve one
    ]
    assert texts == []


def test_no_code_compares_people_by_their_address() -> None:
    compared = re.compile(r"(?:==|!=)\s*(?:by|user|viewer|request\.user)\.email\b|\b(?:by|user)\.email\s*(?:==|!=)")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts
        for line in path.read_text().splitlines()
        # nobody acts on oneself: an identity in the cloud has no user id, so its address is looked at besides the ids
        if path.name != "decisions.py" and compared.search(line)
    ]
    assert found == []


def proposal(one: User) -> models.Model:
    return proposals.propose(kind=rules.FACTOR, values={"factor": "0.5"}, by=one)


def nav_batch(one: User) -> models.Model:
    return NavBatch.objects.create(
        number="N", currency="GBP", month="2026-11-01", csv=b"", json=b"", sha256="", line_count=0, debit_amount=0,
        credit_amount=0, created_by=one,
    )  # fmt: skip


def claim(one: User) -> models.Model:
    return Claim.objects.create(
        number="C", merchant=(seller := make.merchant("V1")), product=make.product("A", of=seller), reason="other",
        happened_on="2026-11-01", text="x", opened_by=one,
    )  # fmt: skip


def waiting_unit(one: User) -> models.Model:
    return WaitingUnit.objects.create(
        merchant=(seller := make.merchant("V1")), product=make.product("A", of=seller), sku="A", uid="u", uid_key="U",
        reason="other", source="api", currency="GBP", amount=Decimal(1), why="over_unit", requested_by=one,
    )  # fmt: skip


def action_job(one: User) -> models.Model:
    return ActionJob.objects.create(
        action="disable", requested_by=one, reason="x", idempotency_key="00000000-0000-0000-0000-000000000001"
    )


NOW = timezone.now()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("made", "values"),
    [
        (proposal, {"state": "approved", "approved_at": NOW}),
        (nav_batch, {"state": "confirmed", "decided_at": NOW}),
        (claim, {"state": "rejected", "decided_at": NOW}),
        (waiting_unit, {}),
        (action_job, {}),
    ],
)
def test_the_same_person_is_refused_under_any_address(
    made: Callable[[User], models.Model], values: dict[str, Any]
) -> None:
    one = make.user("finance")
    row = made(one)
    User.objects.filter(pk=one.pk).update(email="somebody-else@example.com")
    [decider] = names(type(row)) & DECIDERS
    rows = type(row)._default_manager.filter(pk=row.pk)
    with pytest.raises(IntegrityError, match=r"second_person|nobody_approves_their_own"), transaction.atomic():
        rows.update(**{decider: one} | values)
    if values:
        assert rows.update(**{decider: make.user("admin")} | values) == 1
