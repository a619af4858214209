"""From a reading of AWS to statuses and findings: what opens, what must not close."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from config.embedded import aws
from config.embedded.aws.organisation import MAIN_ACCOUNT, PARTNER_ACCOUNT, people
from inventory_ops.kit.db import locks
from inventory_ops.models import Finding, Merchant, ScanRun, User
from inventory_ops.operations import scans as base_scans
from tests.user_audit.aws_world import account, answering, new_iam
from tests.user_audit.platform_world import World
from user_audit import accounts, demo
from user_audit.aws.entities import CredentialReading, KeyReading, UserReading
from user_audit.aws.errors import AwsError, WrongAccount
from user_audit.aws.scan import AccountReading
from user_audit.aws.sessions import Purpose
from user_audit.models import IamScan, IamUser, Identity
from user_audit.operations import scans

pytestmark = pytest.mark.django_db
type Scan = Callable[..., scans.ScanResult]
KEY = KeyReading(active=True, rotated_at=datetime(2026, 11, 1, tzinfo=UTC), last_used_at=None)
OPEN = CredentialReading(True, datetime(2026, 11, 20, tzinfo=UTC), True, (), 0)


def reading(name: str, number: int = 0, **changes: Any) -> UserReading:
    user_id = f"AIDA{abs(hash(name)) % 10**9}{number}"
    user = UserReading(
        account_id=MAIN_ACCOUNT,
        user_id=user_id,
        user_name=name,
        arn=f"arn:aws:iam::{MAIN_ACCOUNT}:user/{name}",
        path="/",
        created_at=timezone.now() - timedelta(days=20),
        credentials=OPEN,
    )
    return replace(user, **changes)


@pytest.fixture
def scan(world: World, monkeypatch: pytest.MonkeyPatch) -> Scan:
    """Scans the account as if AWS had told just these users."""

    def run(*users: UserReading, report_age: timedelta = timedelta(0), fails: Exception | None = None) -> Any:
        def read(iam: Any) -> AccountReading:
            if fails is not None:
                raise fails
            return AccountReading(MAIN_ACCOUNT, "main", (), timezone.now() - report_age, users)

        monkeypatch.setattr(scans, "read_account", read)
        return scans.scan(accounts.get(MAIN_ACCOUNT))

    return run


def row(name: str) -> Identity:
    return Identity.objects.get(user_name=name)


def test_a_failed_scan_changes_nothing(scan: Scan) -> None:
    scan(reading("a@example.com"), reading("b@example.com"))
    before = list(Identity.objects.values_list("key", "aws_status"))
    for error in (AwsError("GetAccountAuthorizationDetails", "Throttling", "x"), WrongAccount("x")):
        assert scan(fails=error).state == "failed"
    assert list(Identity.objects.values_list("key", "aws_status")) == before
    assert list(IamScan.objects.values_list("state", flat=True).order_by("id")) == ["complete", "failed", "failed"]


def test_a_scan_that_sees_a_fifth_less_is_held(scan: Scan) -> None:
    users = [reading(f"user-{n}@example.com", n) for n in range(60)]
    scan(*users)
    held = scan(*users[:40])
    assert held.state == "held"
    assert Identity.objects.filter(aws_status="active").count() == 60
    assert scan(*users[:50]).state == "complete", "ten fewer are not a fifth"
    assert Identity.objects.filter(aws_status="active").count() == 50
    assert scan().state == "held"
    scans.accept_fewer(MAIN_ACCOUNT)
    assert scan(*users[:5]).state == "complete"


def test_nothing_is_known_after_26_hours(scan: Scan, world: World) -> None:
    User.objects.create_user("nobody@example.com", role="operations", platform_type="Admin")
    scan(reading("a@example.com"))
    assert row("a@example.com").finding == "aws_open_nobody"
    assert Identity.objects.get(email="nobody@example.com").finding == "aws_missing"
    old = timezone.now() - timedelta(hours=27)
    IamUser.objects.update(read_at=old)
    IamScan.objects.update(started_at=old, finished_at=old)
    for identity in Identity.objects.all():
        assert (identity.aws_status, identity.finding) == ("unknown", "")


def test_matching(scan: Scan) -> None:
    one, two, three = (User.objects.create_user(f"{n}@example.com", role="operations") for n in ("one", "two", "three"))
    scan(
        reading("ONE@example.com"),
        reading("second", tags={"Email": " Two@Example.com "}),
        reading("three@example.com"),
        reading("old-three", tags={"email": "three@example.com"}),
        reading("stranger"),
    )
    assert (row("ONE@example.com").user, row("second").user) == (one, two)
    for name in ("three@example.com", "old-three"):
        assert row(name).user == three
        assert "ambiguous" in row(name).flags
    assert row("stranger").user is None
    from user_audit.operations import reviews

    reviews.confirm_link(row("old-three"), by=one)
    assert row("old-three").flags == []
    assert row("three@example.com").user is None
    scan(reading("three@example.com"), reading("old-three", tags={}))
    assert row("old-three").user == three, "a confirmed link does not need the tag"
    assert row("three@example.com").user is None


def test_a_rename_keeps_the_identity_and_a_namesake_gets_a_new_one(scan: Scan) -> None:
    first = reading("a@example.com")
    scan(first)
    key = row("a@example.com").key
    scan(replace(first, user_name="b@example.com"))
    assert row("b@example.com").key == key
    scan(replace(first, user_name="b@example.com", user_id="AIDAOTHER"))
    again = row("b@example.com")
    assert again.key != key
    assert "recreated" in again.flags


def test_an_old_report_does_not_undo_what_was_read_since(scan: Scan, world: World) -> None:
    person = world.person()
    live = IamUser.objects.get(pk=person.iam_user_id)
    told = reading(person.user_name, user_id=live.iam_id, credentials=replace(OPEN, keys=(KEY, KEY)))
    scan(told, report_age=timedelta(hours=3))
    live.refresh_from_db()
    assert live.active_key_count == 1
    scan(told)
    live.refresh_from_db()
    assert live.active_key_count == 2


def test_a_scan_without_news_writes_no_user(scan: Scan) -> None:
    users = [reading(f"user-{n}@example.com", n) for n in range(3)]
    scan(*users)
    before = list(IamUser.objects.order_by("pk").values())
    seen = Identity.objects.order_by("key").first()
    scan(*users)
    assert list(IamUser.objects.order_by("pk").values()) == before
    again = Identity.objects.order_by("key").first()
    assert seen is not None and again is not None and seen.read_at is not None and again.read_at is not None
    assert again.read_at > seen.read_at, "it was seen all the same"


@pytest.mark.django_db(transaction=True)
def test_two_scans_at_once(scan: Scan, world: World) -> None:
    with locks.session_lock(f"user_audit.scan.{MAIN_ACCOUNT}"):
        import threading

        from django.db import connection

        found: list[str] = []

        def other() -> None:
            found.append(scan(reading("a@example.com")).state)
            connection.close()

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert found == ["skipped"]


def test_flags(scan: Scan) -> None:
    long_ago = timezone.now() - timedelta(days=100)
    scan(
        reading("old-key", credentials=replace(OPEN, keys=(replace(KEY, rotated_at=long_ago),))),
        reading("no-mfa", credentials=replace(OPEN, has_mfa=False)),
        reading("unused", created_at=long_ago, credentials=replace(OPEN, password_last_used_at=long_ago)),
        reading("two", credentials=replace(OPEN, keys=(KEY, KEY))),
        reading("denied", policies=("arn:aws:iam::aws:policy/AWSDenyAll",)),
        reading("denied-by-group", group_policies=("arn:aws:iam::aws:policy/AWSDenyAll",)),
        reading("denied-inline", denied_inline=True),
        reading("admin", group_policies=("arn:aws:iam::aws:policy/AdministratorAccess",)),
        reading("unread", credentials=None),
    )
    assert row("old-key").flags == ["old_key"]
    assert row("no-mfa").flags == ["no_mfa"]
    assert row("unused").flags == ["unused"]
    assert row("two").flags == ["two_keys"]
    assert row("admin").flags == ["aws_admin"]
    for name in ("denied", "denied-by-group", "denied-inline"):
        assert row(name).aws_status == "disabled_elsewhere"
    assert row("unread").aws_status == "active", "not known to be closed is open"


@pytest.mark.django_db(transaction=True)
def test_findings_open_and_resolve_but_never_on_half_the_truth(
    scan: Scan, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:1"  # connected: what it answers is below

    def scanned(*users: UserReading, fails: Exception | None = None) -> None:
        monkeypatch.setattr(scans, "scan_all", lambda: [scan(*users, fails=fails)])
        base_scans.run("users")

    scanned(reading("a@example.com"), reading("b@example.com"))
    assert Finding.objects.filter(report="user-audit", state="open").count() == 2
    with pytest.raises(Exception, match="Throttling"):
        scanned(fails=AwsError("ListUsers", "Throttling", "x"))
    assert ScanRun.objects.latest("id").state == "failed"
    assert Finding.objects.filter(state="open").count() == 2
    User.objects.create_user("a@example.com", role="operations")
    scanned(reading("a@example.com"), reading("b@example.com"))
    assert Finding.objects.get(state="open").label.startswith("b@example.com")
    assert Finding.objects.get(state="resolved").label.startswith("a@example.com")


# -- the demo organisation -----------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[aws.Handle]:
    handle = aws.start(Path(tmp_path_factory.mktemp("organisation")))
    yield handle
    handle.stop()


EXPECTED = {
    "in order": ("active", "active", "", set()),
    "in order, matched by the e-mail tag": ("active", "active", "", set()),
    "platform disabled, AWS open": ("active", "disabled", "aws_open_platform_disabled", None),
    "left the company, AWS open": ("active", "not_found", "aws_open_nobody", None),
    "orphan without credentials": ("no_credentials", "not_found", "orphan", None),
    "denied in AWS by hand, platform open": ("disabled_elsewhere", "active", "platform_open_aws_disabled", None),
    "closed on both sides": ("disabled_elsewhere", "disabled", "", None),
    "AWS user without credentials": ("no_credentials", "active", "no_credentials", None),
    "console password without MFA": ("active", "active", "", {"no_mfa"}),
    "key older than 90 days": ("active", "active", "", {"old_key"}),
    "key never used": ("active", "active", "", {"unused"}),
    "password unused": ("active", "active", "", {"unused"}),
    "ambiguous: two IAM users carry one e-mail": ("active", "active", "", {"ambiguous"}),
    "service user, protected by its path": ("active", "not_found", "", None),
    "break-glass, protected": ("active", "not_found", "", None),
    "break-glass by its tag alone": ("active", "active", "", {"protected", "aws_admin"}),
    "vendor portal, needs no AWS": ("not_found", None, "", None),
    "operations without an AWS user": ("not_found", "active", "aws_missing", None),
}


def test_each_story_of_the_demo_organisation_is_told(
    organisation: aws.Handle, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [account(organisation, MAIN_ACCOUNT), account(organisation, PARTNER_ACCOUNT)]
    monkeypatch.setattr(accounts, "configured", lambda: both)
    Merchant.objects.create(vendor_number="V1", name="One")
    demo.create_users(now=timezone.now())
    results = scans.scan_all()
    assert [result.state for result in results] == ["complete", "complete"]
    assert sum(result.users for result in results) == 310
    by_name = {(i.account_id, i.user_name): i for i in Identity.objects.all()}
    by_email = {i.email: i for i in Identity.objects.filter(iam_user=None)}
    seen = set()
    for person in people():
        expected = EXPECTED.get(person.details)
        if expected is None:
            continue
        seen.add(person.details)
        rows = [by_name[iam.account_id, iam.user_name] for iam in person.iam]
        if not rows and person.platform is not None:
            rows = [by_email[person.platform.email]]
        for found in rows:
            status, database, finding, flags = expected
            assert (found.aws_status, found.finding) == (status, finding), person
            assert database in (None, found.database_status), person
            assert flags is None or set(found.flags) == flags, person
    assert seen == set(EXPECTED)


def test_a_page_that_is_lost_on_the_way(world: World) -> None:
    port = accounts.open_iam(MAIN_ACCOUNT, Purpose.READ)
    with answering(port, "ListVirtualMFADevices", "ServiceFailure", status=400):
        result = scans.scan(accounts.get(MAIN_ACCOUNT))
    assert result.state == "failed"
    assert not IamUser.objects.exists()
    assert new_iam(world.handle)
