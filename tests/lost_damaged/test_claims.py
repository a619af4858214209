"""Claims of sellers."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from inventory_ops.kit import files as store
from inventory_ops.models import AuditEvent, User
from lost_damaged.models import Claim, ClaimFile, FinanceSettings, Source, WriteOff
from lost_damaged.operations import claims, evidence, write_offs
from lost_damaged.operations.claims import ClaimDetails, ClaimRefused
from tests.lost_damaged.test_pages import login
from tests.lost_damaged.world import World, items, make_world
from tests.together import at_once

pytestmark = pytest.mark.django_db
NEW = "/finance/claims/new/"
PDF = b"%PDF-1.7 delivery note"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def seller(world: World) -> Client:
    world.product("A", "100.00")
    return login(world, "merchant")


def told(**changes: Any) -> dict[str, Any]:
    return {
        "sku": "A",
        "uid": "u-1",
        "reason": "lost_inbound",
        "happened_on": timezone.now().date().isoformat(),
        "text": "Handed over at dock 3, never booked in.",
    } | changes


def upload(name: str = "note.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/html")


def details(**changes: Any) -> ClaimDetails:
    return ClaimDetails(
        **({"sku": "A", "reason": "other", "happened_on": timezone.now().date(), "text": "x", "uid": "u-1"} | changes)
    )


def test_from_claim_to_credit(world: World, seller: Client) -> None:
    answer = seller.post(NEW, told(evidence=[upload(), upload("<b>.png", b"\x89PNG\r\n\x1a\n...")]))
    claim = Claim.objects.get()
    assert answer["Location"] == f"/finance/claims/{claim.number}/"
    finance = login(world, "finance")
    page = finance.get(answer["Location"]).content.decode()
    assert "Handed over at dock 3" in page and "&lt;b&gt;.png" in page
    first = claim.files.order_by("pk")[0]
    download: Any = finance.get(f"/finance/claims/{claim.number}/files/{first.pk}/")
    assert b"".join(download.streaming_content) == PDF
    assert download["Content-Type"] == "application/pdf" and download["Content-Disposition"].startswith("attachment")
    assert download["X-Content-Type-Options"] == "nosniff"
    finance.post(
        f"/finance/claims/{claim.number}/accept/",
        {"accept-uid": "U-1", "accept-reason": "lost_inbound", "accept-answer": "Found the gap in the video."},
    )
    claim.refresh_from_db()
    written = WriteOff.objects.get()
    assert (claim.state, claim.write_off, written.reason) == ("accepted", written, "lost_inbound")
    assert written.transactions.get().amount == Decimal("87.50")
    page = seller.get(f"/finance/claims/{claim.number}/").content.decode()
    assert "Found the gap in the video." in page and written.number in page and world.finance.email not in page
    assert list(AuditEvent.objects.filter(action__startswith="claim.").values_list("action", flat=True)) == [
        "claim.open",
        "claim.accepted",
    ]


def test_rejected_with_a_reason_and_decided_once(world: World, seller: Client) -> None:
    seller.post(NEW, told())
    claim = Claim.objects.get()
    finance = login(world, "finance")
    base = f"/finance/claims/{claim.number}/"
    assert finance.post(f"{base}reject/", {"reject-answer": ""}).status_code == 422
    assert finance.post(f"{base}withdraw/").status_code == 404
    assert seller.post(f"{base}accept/", {"accept-uid": "u-1", "accept-reason": "other"}).status_code == 404
    finance.post(f"{base}reject/", {"reject-answer": "Signed for by the carrier."})
    late = finance.post(f"{base}accept/", {"accept-uid": "u-1", "accept-reason": "other"}, follow=True)
    assert "is rejected since" in late.content.decode()
    assert "is rejected since" in seller.post(f"{base}withdraw/", follow=True).content.decode()
    assert not WriteOff.objects.exists()
    seller.post(NEW, told())
    assert Claim.objects.filter(state="open").count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sku": "nothing"}, "no product with this SKU"),
        ({"sku": "OTHER"}, "no product with this SKU"),
        ({"sku": ""}, "required"),
        ({"uid": "1.23457E+11"}, "spreadsheet"),
        ({"uid": "ключ"}, "printable ASCII"),
        ({"uid": "paid"}, "was written off and credited"),
        ({"uid": "theirs"}, "cannot be claimed"),
        ({"shop_item_id": "42"}, "No order of yours"),
        ({"shop_item_id": "9" * 101}, "at most 100 characters"),
        ({"happened_on": "2020-01-01"}, "for 90 days"),
        ({"happened_on": "2999-01-01"}, "in the future"),
        ({"happened_on": "yesterday"}, "valid date"),
        ({"reason": "aliens"}, "valid choice"),
        ({"text": ""}, "required"),
        ({"text": "x" * 2001}, "at most 2000"),
        ({"text": "a\x00b"}, "Null characters"),
        ({"evidence": [upload("run.html", b"<script>alert(1)</script>")]}, "not a PDF, PNG or JPEG"),
        ({"evidence": [upload("empty.pdf", b"")]}, "empty"),
        ({"evidence": [upload("big.pdf", PDF + b"x" * 5 * 1024 * 1024)]}, "larger than 5 MB"),
        ({"evidence": [upload() for _ in range(6)]}, "At most 5 files"),
    ],
)
def test_bad_claims_are_explained(world: World, seller: Client, changes: dict[str, Any], said: str) -> None:
    world.product("OTHER", merchant=world.other)
    write_offs.write_off(items(("A", "paid"), ("OTHER", "theirs")), source=Source.API, by=world.finance)
    answer = seller.post(NEW, told(**changes))
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Claim.objects.exists() and not ClaimFile.objects.exists()
    assert not list(store.listed(evidence.FOLDER))


def test_one_open_claim_a_uid_and_nothing_left_of_the_second(world: World, seller: Client) -> None:
    seller.post(NEW, told(evidence=[upload()]))
    answer = seller.post(NEW, told(uid="U-1", evidence=[upload()]))
    assert answer.status_code == 422 and "open claim for this UID" in answer.content.decode()
    assert len(list(store.listed(evidence.FOLDER))) == ClaimFile.objects.count() == 1


def test_the_window_is_a_setting(world: World, seller: Client) -> None:
    FinanceSettings.objects.create(claim_days=3)
    day = timezone.now().date()
    assert seller.post(NEW, told(happened_on=(day - timedelta(days=4)).isoformat())).status_code == 422
    assert seller.post(NEW, told(happened_on=(day - timedelta(days=3)).isoformat())).status_code == 302
    assert date.fromisoformat(told()["happened_on"]) == day


def test_a_paid_uid_settles_no_claim(world: World, seller: Client) -> None:
    seller.post(NEW, told(uid=""))
    claim = Claim.objects.get()
    write_offs.write_off(items(("A", "u-9")), source=Source.API, by=world.finance)
    answer = login(world, "finance").post(
        f"/finance/claims/{claim.number}/accept/", {"accept-uid": "u-9", "accept-reason": "other"}
    )
    assert answer.status_code == 422 and "its seller was paid" in answer.content.decode()
    claim.refresh_from_db()
    assert (claim.state, WriteOff.objects.count()) == ("open", 1)


def test_another_sellers_claim_is_not_found(world: World, seller: Client) -> None:
    world.product("OTHER", merchant=world.other)
    claim = claims.open_claim(details=details(sku="OTHER", evidence=[upload()]), merchant=world.other, by=world.finance)
    base = f"/finance/claims/{claim.number}/"
    assert seller.get(base).status_code == 404
    assert seller.post(f"{base}withdraw/").status_code == 404
    assert seller.get(f"{base}files/{claim.files.get().pk}/").status_code == 404
    assert claim.number not in seller.get("/finance/claims/").content.decode()
    assert login(world, "operations").get(NEW).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_accepted_and_rejected_at_once_one_wins(transactional_db: None) -> None:
    world = make_world()
    world.product("A")
    by = User.objects.create_user("sells@example.com", None, role="merchant", merchant=world.seller)
    claim = claims.open_claim(details=details(), merchant=world.seller, by=by)

    def work(n: int) -> str:
        try:
            if n % 2:
                claims.accept(claim=claim, uid="u-1", reason="other", answer="", by=world.finance)
            else:
                claims.reject(claim=claim, answer="no", by=world.finance)
        except ClaimRefused:
            return ""
        return "accepted" if n % 2 else "rejected"

    [won] = [each for each in at_once(6, work) if each]
    claim.refresh_from_db()
    assert claim.state == won
    assert WriteOff.objects.count() == (1 if won == "accepted" else 0)
