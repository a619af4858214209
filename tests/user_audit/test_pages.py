"""The pages: who may see them, what they refuse, and that a GET changes nothing."""

from __future__ import annotations

import csv
import io
import re
import time
import uuid
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inventory_ops.models import Job, User
from inventory_ops.operations import jobs as base_jobs
from tests.user_audit.aws_world import DENY_ALL, is_closed
from tests.user_audit.platform_world import World
from user_audit.aws.errors import AwsError
from user_audit.models import ActionItem, ActionJob, ActionStep, IamAccount, IamScan, IamUser, Identity, Review
from user_audit.models.identities import AwsStatus, DatabaseStatus
from user_audit.operations import jobs
from user_audit.queries.decisions import decide_all, statuses_rule_out

pytestmark = pytest.mark.django_db
LIST = "/action-required/user-audit/"


@pytest.fixture
def admin(world: World) -> User:
    world.scanned()
    return world.admin("ann")


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin, backend="config.accounts.EmailBackend")
    return client


def fields_of(html: str) -> dict[str, str]:
    """The hidden fields of the confirming form."""
    form = html[html.index('action="/action-required/user-audit/request/"') :]
    return dict(
        re.findall(r'<input\s+type="hidden"\s+name="(digest|idempotency_key|waive_grace)"\s+value="([^"]*)"', form)
    )


def ask(client: Client, action: str, *rows: Identity, typed: str, **changes: Any) -> Any:
    page = client.get(f"{LIST}plan/", {"action": action, "ids": [row.key for row in rows]})
    data = fields_of(page.content.decode()) | {"action": action, "ids": [row.key for row in rows], "typed": typed}
    return client.post(f"{LIST}request/", data | {"reason": "test"} | changes)


@pytest.mark.parametrize("role", ["operations", "finance", "", None])
def test_only_administrators_see_anything(world: World, role: str | None) -> None:
    row = world.person(aws=False)
    job = world.request("disable-db", row, by=world.admin())
    client = Client()
    if role is not None:
        client.force_login(User.objects.create_user("x@example.com", role=role), backend="config.accounts.EmailBackend")
    base = f"{LIST}jobs/{job.pk}/"
    gets = [
        LIST,
        f"{LIST}?_export=csv",
        f"{LIST}plan/?action=disable-db&ids={row.key}",
        f"{LIST}emails/",
        f"{LIST}{row.key}/",
        base,
        f"{base}log/",
        f"{LIST}jobs/",
    ]
    posts = [
        f"{LIST}plan/",
        f"{LIST}request/",
        f"{LIST}emails/",
        f"{LIST}{row.key}/recheck/",
        f"{LIST}{row.key}/review/",
        f"{LIST}{row.key}/confirm-link/",
        *(f"{base}{verb}/" for verb in ("approve", "reject", "pause", "resume", "cancel", "retry")),
    ]
    for response in [*(client.get(url) for url in gets), *(client.post(url) for url in posts)]:
        assert response.status_code == (302 if role is None else 403)
        assert role is not None or "/accounts/login/" in response.url
    job.refresh_from_db()
    assert job.state == "queued"


def test_a_get_changes_nothing(client: Client, world: World) -> None:
    row = world.person()
    job = world.request("disable-aws", row, by=world.admin())
    for url in (f"{LIST}request/", f"{LIST}{row.key}/recheck/", f"{LIST}jobs/{job.pk}/cancel/"):
        assert client.get(url).status_code == 405
    csrf = Client(enforce_csrf_checks=True)
    csrf.force_login(User.objects.get(email="ann@example.com"), backend="config.accounts.EmailBackend")
    assert csrf.post(f"{LIST}jobs/{job.pk}/cancel/").status_code == 403
    job.refresh_from_db()
    assert job.state == "queued"


def test_list_and_identity_page(client: Client, world: World, django_assert_max_num_queries: Any) -> None:
    row = world.person()
    IamUser.objects.filter(pk=row.iam_user_id).update(has_mfa=False)
    with django_assert_max_num_queries(9):
        page = client.get(LIST)
    assert page.status_code == 200
    assert row.email in page.content.decode()
    assert client.get(f"{LIST}?aws_status=nonsense").status_code == 400
    with django_assert_max_num_queries(14):
        page = client.get(f"{LIST}{row.key}/")
    text = page.content.decode()
    assert "Disable it in AWS first." in text
    assert "style=" not in text
    assert client.get(f"{LIST}i999999/").status_code == 404
    assert client.get(f"{LIST}x1/").status_code == 404


def test_the_export_has_the_headers_of_the_contract(client: Client, world: World) -> None:
    world.person()
    world.person(aws=False, platform_type="Admin")
    body = b"".join(client.get(f"{LIST}?show=all&_export=csv").streaming_content)  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(body.decode())))
    assert rows[0][:8] == [
        "Email Address",
        "Role",
        "AWS Status",
        "Database Status",
        "Last Login",
        "Platform Type",
        "Account Creation Date",
        "Last Updated",
    ]
    assert {row[2] for row in rows[1:]} == {"active", "not found"}


def test_disable_from_page_to_aws(client: Client, world: World) -> None:
    row = world.person()
    response = ask(client, "disable-aws", row, typed=row.email)
    job = ActionJob.objects.get()
    assert response.url == reverse("user-audit-job", args=[job.pk])
    world.run(job)
    assert is_closed(world.state(row))
    page = client.get(response.url)
    assert "1 done" in page.content.decode()
    assert client.get(response.url, HTTP_HX_REQUEST="true").status_code == 286
    log = b"".join(client.get(f"{response.url}log/").streaming_content).decode()  # type: ignore[attr-defined]
    assert "AWSDenyAll" in log
    assert job.items.get().request_ids[0] in log


def test_what_is_not_confirmed_is_not_done(client: Client, world: World) -> None:
    row, other = world.person(), world.person()
    assert ask(client, "disable-aws", row, typed="yes").status_code == 422
    assert ask(client, "disable-aws", row, typed=row.email, reason=" ").status_code == 422
    assert ask(client, "disable-aws", row, typed=row.email, digest="0" * 64).status_code == 409
    # another user smuggled into the list: the plan is not the one that was shown
    assert ask(client, "disable-aws", row, typed=row.email, ids=[row.key, other.key]).status_code == 409
    assert client.post(f"{LIST}request/", {"action": "explode", "ids": [row.key]}).status_code == 404
    assert not ActionJob.objects.exists()


def test_a_double_click_is_one_job(client: Client, world: World) -> None:
    row, key = world.person(), uuid.uuid4().hex
    first = ask(client, "disable-aws", row, typed=row.email, idempotency_key=key)
    second = ask(client, "disable-aws", row, typed=row.email, idempotency_key=key)
    assert first.url == second.url
    assert ActionJob.objects.count() == 1


def test_all_that_match_are_frozen_at_the_request(client: Client, world: World) -> None:
    rows = [world.person(platform=False) for _ in range(3)]
    shown = {"action": "disable-aws", "scope": "all", "query": "audit=not_found", "count_seen": "3"}
    page = client.post(f"{LIST}plan/", shown)
    assert page.content.decode().count('name="ids"') == 3
    late = world.person(platform=False)
    assert client.post(f"{LIST}plan/", shown).status_code == 302, "the list changed since it was seen"
    data = fields_of(page.content.decode()) | {"action": "disable-aws", "ids": [row.key for row in rows]}
    client.post(f"{LIST}request/", data | {"typed": "DISABLE 3 USERS", "reason": "test"})
    job = world.run(ActionJob.objects.get())
    assert set(job.items.values_list("subject", flat=True)) == {row.key for row in rows}
    assert DENY_ALL not in world.state(late)["policies"]


@pytest.mark.parametrize("query", ["audit=nonsense", "email_domain=%00", "q=%FF"])
def test_filters_that_are_none_select_nobody(client: Client, world: World, query: str) -> None:
    world.person(platform=False)
    answer = client.post(f"{LIST}plan/", {"action": "disable-aws", "scope": "all", "query": query, "count_seen": "7"})
    assert answer.status_code == 302
    assert not ActionJob.objects.exists()


def test_a_delete_needs_another_administrator(client: Client, world: World, admin: User) -> None:
    row = world.person()
    world.do("disable-aws", row, by=admin)
    ask(client, "delete-aws", row, typed=row.email)
    job = ActionJob.objects.get(action="delete-aws")
    assert job.state == "awaiting"
    client.post(f"{LIST}jobs/{job.pk}/approve/")
    job.refresh_from_db()
    assert job.state == "awaiting"
    User.objects.filter(pk=admin.pk).update(is_superuser=True)
    client.post(f"{LIST}jobs/{job.pk}/approve/")
    job.refresh_from_db()
    assert job.state == "awaiting", "nobody approves their own request, not even a superuser"
    second = Client()
    second.force_login(world.admin("second"), backend="config.accounts.EmailBackend")
    second.post(f"{LIST}jobs/{job.pk}/approve/")
    job.refresh_from_db()
    assert (job.state, job.approved_by.email) == ("queued", "second@example.com")  # type: ignore[union-attr]


def test_oneself_and_the_last_admin_are_refused_on_the_page(client: Client, world: World, admin: User) -> None:
    own = Identity.objects.get(user=admin)
    page = client.get(f"{LIST}plan/", {"action": "disable-db", "ids": own.key}).content.decode()
    assert "That is you." in page
    assert "digest" not in page
    digest = jobs.plan("disable-db", [own], by=admin).digest
    data = {"action": "disable-db", "ids": [own.key], "typed": own.email, "reason": "x", "digest": digest}
    response = client.post(f"{LIST}request/", data)
    assert response.status_code == 422
    assert User.objects.get(pk=admin.pk).is_active


def test_review_and_link(client: Client, world: World) -> None:
    row = world.person()
    assert client.post(f"{LIST}{row.key}/review/", {"verdict": "maybe"}).status_code == 422
    client.post(f"{LIST}{row.key}/review/", {"verdict": "remove", "note": "left"})
    assert Identity.objects.get(key=row.key).verdict == "remove"
    assert Review.objects.get().by == "ann@example.com"
    client.post(f"{LIST}{row.key}/confirm-link/")
    assert IamUser.objects.get(pk=row.iam_user_id).link == "confirmed"


def test_a_recheck_is_a_job_that_says_how_it_ended(client: Client, world: World, monkeypatch: Any) -> None:
    """A dead endpoint held a page for a minute and ended in an error 500."""
    row = world.person()
    answer = client.post(f"{LIST}{row.key}/recheck/")
    job = Job.objects.get(kind="user_audit.recheck")
    assert answer["Location"] == f"/jobs/{job.pk}/" and job.queue == "iam"
    client.post(f"{LIST}{row.key}/recheck/")  # pressed again while it waits
    assert Job.objects.count() == 1
    base_jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message) == ("done", "Read live from AWS. AWS status: Active.")
    for error in (AwsError("GetUser", "Timeout", "no answer"), ImproperlyConfigured("The endpoint does not run.")):

        def dead(*_: Any, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr("user_audit.accounts.open_iam", dead)
        client.post(f"{LIST}{row.key}/recheck/")
        job = Job.objects.get(state="queued")
        base_jobs.run(job.pk)
        job.refresh_from_db()
        assert job.state == "failed" and "AWS did not answer" in job.message, job.message


def test_the_list_shows_what_its_source_lists_and_a_button_for_each_action(client: Client, world: World) -> None:
    row = world.person()
    page = client.get(LIST, {"show": "all"}).text
    head = re.sub(r"<[^>]+>", " ", page[page.index("<thead") : page.index("</thead>")])
    for name in (
        "E-mail address", "Role", "AWS status", "Database status", "Last login", "Platform type", "Created",
        "Last updated",
    ):  # fmt: skip
        assert name in head, name
    body = page[page.index("<tbody") :]
    for action, possible in (
        ("disable-aws", True),
        ("delete-aws", False),
        ("disable-db", True),
        ("delete-db", False),
        ("delete-both", True),
    ):
        assert (f"?action={action}&amp;ids={row.key}" in body) == possible, action
    assert f"Delete from AWS: {row.email}" in body  # switched off, and named
    assert client.get(f"{LIST}plan/?action=disable-aws&ids={row.key}").status_code == 200


@pytest.mark.parametrize("aws", AwsStatus.values)
@pytest.mark.parametrize("database", DatabaseStatus.values)
def test_buttons_are_off_only_where_nobody_could_act(world: World, aws: str, database: str) -> None:
    row = Identity(
        key="i1", iam_user_id=None if aws == "not_found" else 1, aws_status=aws, database_status=database, flags=[],
        user_id=None if database in ("not_found", "deleted") else 7, email="x@example.com",
        disabled_at=timezone.now() if aws in ("disabled", "partial", "deleting") else None,
    )  # fmt: skip
    decided = decide_all(row, by=world.admin(), now=timezone.now())
    assert not {action for action in statuses_rule_out(aws, database) if decided[action].legal}


def test_why_a_scan_failed_is_on_the_page(client: Client, world: World) -> None:
    account = IamAccount.objects.first()
    IamScan.objects.create(account=account, state="failed", message="AccessDenied: GetCredentialReport <b>")
    page = client.get(LIST).text
    assert "the last scan failed. AccessDenied: GetCredentialReport &lt;b&gt;" in page


BAD_LISTS = [b"", b"name\nx\n", b"\xff\xfe\x00", b"email\na\x00b@c\n", b"email\nnot an address\n"]


@pytest.mark.parametrize("content", BAD_LISTS)
def test_bad_email_lists(client: Client, world: World, content: bytes) -> None:
    data = {"action": "disable-aws", "file": SimpleUploadedFile("list.csv", content)}
    assert client.post(f"{LIST}emails/", data).status_code == 422


def test_an_email_list_becomes_a_plan(client: Client, world: World) -> None:
    one, two = world.person(), world.person()
    content = f"Email,Note\n{one.email.upper()},x\n{two.user_name},y\n".encode()
    data = {"action": "disable-aws", "file": SimpleUploadedFile("list.csv", content)}
    page = client.post(f"{LIST}emails/", data).content.decode()
    assert "DISABLE 2 USERS" in page
    unknown = client.post(f"{LIST}emails/", {"action": "disable-aws", "emails": "nobody@example.com"})
    assert unknown.status_code == 422


def test_an_email_list_goes_on_past_unknown_addresses_and_names_them(client: Client, world: World) -> None:
    one = world.person()
    emails = f"nobody@example.com\n{one.email}\nneither@example.com"
    page = client.post(f"{LIST}emails/", {"action": "disable-aws", "emails": emails}).text
    assert "2 addresses of the list are unknown" in page and "nobody@example.com, neither@example.com" in page
    data = fields_of(page) | {"action": "disable-aws", "ids": [one.key], "typed": "wrong", "reason": "x"}
    again = client.post(f"{LIST}request/", data | {"unknown": ["nobody@example.com"]})
    assert again.status_code == 422 and "One address of the list is unknown" in again.text


def test_the_log_never_runs_in_a_spreadsheet(client: Client, world: World, admin: User) -> None:
    job = world.request("disable-db", world.person(aws=False), by=admin)
    item = job.items.get()
    ActionItem.objects.filter(pk=item.pk).update(label="=cmd|' /C calc'!A0")
    ActionStep.objects.create(item=item, step="tag", target="+1", result="done")
    log = b"".join(client.get(f"{LIST}jobs/{job.pk}/log/").streaming_content).decode()  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(log)))
    assert rows[1][0].startswith("'=")
    assert rows[1][5] == "'+1"


def test_taking_access_away_asks_for_the_password_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = world.admin("ann")
    ann.set_password("long enough 1")
    ann.save()
    row = world.person(aws=False)
    browser = Client()
    browser.post("/accounts/login/", {"login": ann.email, "password": "long enough 1"})
    plan = f"{LIST}plan/?action=disable-db&ids={row.key}"
    asked = browser.get(plan)
    assert asked.status_code == 302 and asked["Location"].startswith("/accounts/reauthenticate/?next=")
    assert (
        "Disable in Database"
        in browser.post(
            "/accounts/reauthenticate/", {"password": "long enough 1", "next": plan}, follow=True
        ).content.decode()
    )
    answer = ask(browser, "disable-db", row, typed=row.email)
    assert answer.status_code == 302 and "/jobs/" in answer["Location"]

    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 16 * 60)
    assert browser.get(plan)["Location"].startswith("/accounts/reauthenticate/")
    assert browser.post(f"{LIST}request/", {"action": "disable-db", "ids": [row.key]})["Location"].startswith(
        "/accounts/reauthenticate/"
    )
    job = world.request("delete-db", world.person(aws=False, is_active=False), by=world.admin())
    approving = browser.post(f"{LIST}jobs/{job.pk}/approve/")
    assert approving["Location"].startswith("/accounts/reauthenticate/")
    job.refresh_from_db()
    assert job.state == "awaiting"
    # what gives access back needs no more than the session
    assert browser.get(f"{LIST}plan/?action=enable-db&ids={row.key}").status_code == 200
    assert "asswor" in browser.post("/accounts/reauthenticate/", {"password": "wrong", "next": plan}).content.decode()
    assert browser.get(plan).status_code == 302
