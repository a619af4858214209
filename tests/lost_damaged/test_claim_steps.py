"""Both sides of a claim: messages, another amount, an appeal, deadlines, and that the seller sees each step."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from inventory_ops.kit import files as store
from inventory_ops.models import Notification, Proposal, User
from inventory_ops.operations import proposals
from lost_damaged.errors import ClaimRefused
from lost_damaged.models import Adjustment, Claim, ClaimStep, FinanceSettings, Statement
from lost_damaged.operations import claim_steps, claim_talk, claims, evidence
from lost_damaged.queries import verification
from tests.lost_damaged.test_claims import PDF, details, upload
from tests.lost_damaged.world import World, make_world
from tests.together import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def sells(world: World) -> User:
    world.product("A", "100.00")  # a credit of 87.50
    return User.objects.create_user("sells@example.com", None, role="merchant", merchant=world.seller)


def second() -> User:
    return User.objects.create_user("second@example.com", None, role="finance", name="Second")


def opened(world: World, sells: User, **changes: Any) -> Claim:
    return claims.open_claim(details=details(**changes), merchant=world.seller, by=sells)


def client(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def kinds(claim: Claim) -> list[tuple[str, str]]:
    return list(claim.steps.order_by("pk").values_list("side", "kind"))


def test_answers_go_back_and_forth_with_evidence_and_each_side_is_notified(world: World, sells: User) -> None:
    claim = opened(world, sells, evidence=[upload()])
    shop, seller = client(world.finance), client(sells)
    base = f"/finance/claims/{claim.number}/"
    shop.post(f"{base}say/", {"say-text": "Which pallet?", "say-asks": "on", "say-evidence": [upload("dock.pdf")]})
    claim.refresh_from_db()
    assert claim.waits_for == "seller"
    assert claim.due_on == timezone.now().date() + timedelta(days=14)
    assert "Question to the seller" in Notification.objects.get(user=sells).title
    page = seller.get(base).text
    assert "Which pallet?" in page and "dock.pdf" in page and world.finance.email not in page
    answer = seller.post(f"{base}say/", {"say-text": "Number 7", "say-evidence": [upload("pallet.pdf")]}, follow=True)
    assert "Number 7" in answer.text and "The seller has to answer" not in answer.text
    claim.refresh_from_db()
    assert claim.waits_for == "shop" and Notification.objects.filter(user=world.finance).count() == 1
    assert kinds(claim) == [("seller", "opened"), ("shop", "question"), ("seller", "message")]
    page = shop.get(base).text
    assert "pallet.pdf" in page and sells.email in page
    file = claim.files.get(name="pallet.pdf")
    assert b"".join(shop.get(f"{base}files/{file.pk}/").streaming_content) == PDF  # type: ignore[attr-defined]
    for bad, said in (
        ({"say-text": ""}, "required"),
        ({"say-text": "x", "say-evidence": [upload("x.exe", b"MZ")]}, "PDF"),
    ):
        refused = seller.post(f"{base}say/", bad)
        assert refused.status_code == 422 and said in refused.text
    assert len(list(store.listed(evidence.FOLDER))) == claim.files.count() == 3
    claims.reject(claim=claim, answer="Signed for.", by=world.finance)
    assert "is decided" in shop.post(f"{base}say/", {"say-text": "more"}, follow=True).text


def test_another_amount_has_a_reason_and_takes_a_second_person(world: World, sells: User) -> None:
    claim = opened(world, sells)
    shop = client(world.finance)
    fields = {"accept-uid": "u-1", "accept-reason": "other", "accept-amount": "60"}
    assert "Say why" in shop.post(f"/finance/claims/{claim.number}/accept/", fields).text
    bad = fields | {"accept-amount": "60.001", "accept-amount_reason": "x"}
    assert "smallest unit" in shop.post(f"/finance/claims/{claim.number}/accept/", bad).text
    shop.post(f"/finance/claims/{claim.number}/accept/", fields | {"accept-amount_reason": "It was used."})
    claim.refresh_from_db()
    assert (claim.state, claim.agreed_amount) == ("accepted", Decimal("60"))
    made = Proposal.objects.get()
    assert made.values == {"amount": "-27.5000", "currency": "GBP", "reason": f"{claim.number}: It was used."}
    proposals.approve(pk=made.pk, by=second())
    lines = Statement.objects.get().lines
    assert sum(lines.values_list("amount", flat=True)) == Decimal("60")
    assert Adjustment.objects.get().reason == f"{claim.number}: It was used."
    page = client(sells).get(f"/finance/claims/{claim.number}/").text
    assert "It was used." in page and "60.00" in page and "87.50" in page
    assert verification.problems() == []


def test_a_rejection_is_appealed_once_and_another_person_decides(world: World, sells: User) -> None:
    claim, other = opened(world, sells), second()
    claims.reject(claim=claim, answer="Signed for.", by=world.finance)
    base = f"/finance/claims/{claim.number}/"
    seller = client(sells)
    assert "Appeal the decision" in seller.get(base).text
    seller.post(f"{base}appeal/", {"appeal-text": "The signature is not ours."})
    claim.refresh_from_db()
    assert (claim.state, claim.appeal_is_open, claim.waits_for) == ("open", True, "shop")
    for act in (
        lambda: claims.reject(claim=claim, answer="no", by=world.finance),
        lambda: claims.accept(claim=claim, uid="u-1", reason="other", answer="", by=world.finance),
    ):
        with pytest.raises(ClaimRefused, match="somebody else"):
            act()
    claims.accept(claim=claim, uid="u-1", reason="other", answer="You are right.", by=other)
    claim.refresh_from_db()
    assert (claim.state, claim.appeal_is_open) == ("accepted", False)
    assert kinds(claim) == [("seller", "opened"), ("shop", "rejected"), ("seller", "appealed"), ("shop", "accepted")]
    with pytest.raises(ClaimRefused, match="one appeal"):
        claim_talk.appeal(claim=claim, text="again", by=sells)
    with pytest.raises(IntegrityError), transaction.atomic():  # by the database, too
        Claim.objects.filter(pk=claim.pk).update(decided_by=world.finance)


def test_another_amount_is_appealed_and_settled(world: World, sells: User) -> None:
    claim, other = opened(world, sells), second()
    claims.accept(
        claim=claim, uid="u-1", reason="other", answer="", by=world.finance, amount=Decimal(60), amount_reason="Used."
    )
    proposals.approve(pk=Proposal.objects.get().pk, by=other)
    claim_talk.appeal(claim=claim, text="It was new.", by=sells)
    with pytest.raises(ClaimRefused, match="somebody else"):
        claim_talk.settle_appeal(claim=claim, answer="no", by=world.finance)
    page = client(other).post(
        f"/finance/claims/{claim.number}/settle/", {"settle-amount": "75", "settle-answer": "Half used."}, follow=True
    )
    assert "is decided" in page.text
    made = Proposal.objects.get(state="proposed")
    assert made.values["amount"] == "15.0000" or made.values["amount"] == "15"
    proposals.approve(pk=made.pk, by=world.finance)
    assert sum(Statement.objects.get().lines.values_list("amount", flat=True)) == Decimal(75)
    claim.refresh_from_db()
    assert (claim.agreed_amount, claim.decided_by, claim.appeal_is_open) == (Decimal(75), other, False)


def test_the_window_of_an_appeal_is_a_setting(world: World, sells: User) -> None:
    FinanceSettings.objects.create(appeal_days=5)
    claim = opened(world, sells)
    with pytest.raises(ClaimRefused, match="Only a rejection"):
        claim_talk.appeal(claim=claim, text="x", by=sells)
    claims.reject(claim=claim, answer="no", by=world.finance)
    Claim.objects.update(decided_at=timezone.now() - timedelta(days=6))
    with pytest.raises(ClaimRefused, match="5 days for an appeal are over"):
        claim_talk.appeal(claim=claim, text="x", by=sells)
    Claim.objects.update(decided_at=timezone.now() - timedelta(days=4))
    opened(world, sells)  # meanwhile the same unit is claimed again
    with pytest.raises(ClaimRefused, match="open claim for this UID"):
        claim_talk.appeal(claim=claim, text="x", by=sells)


def test_reminders_come_before_the_deadline_and_a_silent_seller_loses_the_turn(world: World, sells: User) -> None:
    claim = opened(world, sells)
    claim_steps.run_due()
    assert not Notification.objects.exists()
    due = timezone.now().date() + timedelta(days=2)
    Claim.objects.update(due_on=due)
    for _ in range(2):
        claim_steps.run_due()
    assert Notification.objects.get(user=world.finance).text == f"An answer is due on {due}."
    claim_talk.say(claim=claim, text="Which pallet?", by=world.finance, asks=True)
    Claim.objects.update(due_on=due)
    claim_steps.run_due()
    assert Notification.objects.filter(user=sells).count() == 2  # the question, and the reminder
    Claim.objects.update(due_on=timezone.now().date() - timedelta(days=1))
    claim_steps.run_due()
    claim.refresh_from_db()
    assert claim.waits_for == "shop" and claim.due_on == timezone.now().date() + timedelta(days=14)
    assert ("seller", "unanswered") in kinds(claim)
    assert "Not answered in time" in client(sells).get(f"/finance/claims/{claim.number}/").text


def test_steps_stay(world: World, sells: User) -> None:
    opened(world, sells)
    for change in (lambda: ClaimStep.objects.update(text="y"), lambda: ClaimStep.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert ClaimStep.objects.get().text == "x"


@pytest.mark.django_db(transaction=True)
def test_an_appeal_and_another_claim_at_once(transactional_db: None) -> None:
    world = make_world()
    world.product("A")
    sells = User.objects.create_user("sells@example.com", None, role="merchant", merchant=world.seller)
    claim = opened(world, sells)
    claims.reject(claim=claim, answer="no", by=world.finance)

    def work(n: int) -> bool:
        try:
            if n % 2:
                claim_talk.appeal(claim=claim, text="x", by=sells)
            else:
                opened(world, sells)
        except ClaimRefused:
            return False
        return True

    assert sorted(at_once(4, work)) == [False, False, False, True]
    assert Claim.objects.filter(state="open").count() == 1
