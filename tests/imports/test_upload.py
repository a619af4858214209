"""The upload pages: who may, what they show, and that nothing happens before it is applied."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from inventory_ops.kit.imports import registry
from inventory_ops.models import AuditEvent, Import, Job, Merchant, Product, User
from inventory_ops.operations import jobs
from inventory_ops.operations.imports import uploads

pytestmark = pytest.mark.django_db

GOOD = "vendor_number,name\nV1,One\nV2,Two\n"
MIXED = 'vendor_number,name,timezone\nV1,One,UTC\nV2,"Two, ""Ltd""",Nowhere\nV3\n'


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def login(role: str, **fields: Any) -> Client:
    client = Client()
    client.force_login(User.objects.create_user(f"{role}@example.com", role=role, **fields))
    return client


@pytest.fixture
def client() -> Client:
    return login("operations")


def upload(client: Client, content: str | bytes, *, kind: str = "merchants", name: str = "m.csv", **data: str) -> Any:
    body = content.encode() if isinstance(content, str) else content
    return client.post("/imports/new/", {"kind": kind, "file": SimpleUploadedFile(name, body), **data})


def uploaded(client: Client, content: str | bytes, **data: Any) -> Import:
    response = upload(client, content, **data)
    assert response.status_code == 302, response.content.decode()
    return Import.objects.get(pk=response["Location"].split("/")[2])


def work(client: Client, job: Import) -> None:
    assert client.post(f"/imports/{job.pk}/apply/").status_code == 302
    for waiting in Job.objects.filter(state="queued"):
        jobs.run(waiting.pk)


def test_check_preview_apply(client: Client, media: Path) -> None:
    job = uploaded(client, MIXED)
    assert not Merchant.objects.exists()
    assert (job.state, job.rows_total, job.rows_new, job.rows_failed) == ("checked", 3, 1, 2)
    page = client.get(f"/imports/{job.pk}/").content.decode()
    for text in ("Nowhere", "is not an IANA time zone", "Apply 1 row", "has 1 cells, the header has 3", "Discard"):
        assert text in page
    work(client, job)
    job.refresh_from_db()
    assert (job.state, job.rows_new, job.rows_failed) == ("done", 1, 2)
    assert list(Merchant.objects.values_list("vendor_number", flat=True)) == ["V1"]
    event = AuditEvent.objects.get(action="import.apply")
    assert (event.actor, event.subject_id) == ("operations@example.com", str(job.pk))
    page = client.get(f"/imports/{job.pk}/").content.decode()
    assert "Apply 1 row" not in page
    assert client.get("/imports/").status_code == 200


def test_the_error_file_can_be_corrected_and_uploaded_again(client: Client) -> None:
    job = uploaded(client, MIXED)
    work(client, job)
    content = b"".join(client.get(f"/imports/{job.pk}/errors/")).decode("utf-8-sig")  # type: ignore[arg-type]
    rows = list(csv.reader(io.StringIO(content)))
    assert rows[0] == ["vendor_number", "name", "timezone", "import_errors"]
    assert rows[1][:3] == ["V2", 'Two, "Ltd"', "Nowhere"]
    assert "IANA" in rows[1][3]
    assert rows[2][0] == "V3"
    rows[1][2] = "UTC"
    rows[2] = ["V3", "Three", "UTC", "corrected"]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    again = uploaded(client, text.getvalue())
    assert (again.rows_new, again.rows_failed) == (2, 0)
    work(client, again)
    assert Merchant.objects.count() == 3


def test_all_or_nothing(client: Client) -> None:
    job = uploaded(client, MIXED, all_or_nothing="on")
    page = client.get(f"/imports/{job.pk}/").content.decode()
    assert "block this import" in page
    assert "/apply/" not in page
    work(client, job)  # asked for all the same
    assert not Merchant.objects.exists()
    job.refresh_from_db()
    assert job.state == "failed"


def test_applying_twice_and_discarding(client: Client, media: Path) -> None:
    job = uploaded(client, GOOD)
    client.post(f"/imports/{job.pk}/apply/")
    client.post(f"/imports/{job.pk}/apply/")
    assert Job.objects.filter(kind="import.apply").count() == 1
    runner = Job.objects.get()
    page = client.get(f"/imports/{job.pk}/").content.decode()
    assert "Waiting for a worker" in page
    jobs.run(runner.pk)
    jobs.run(runner.pk)  # delivered twice
    assert AuditEvent.objects.filter(action="import.apply").count() == 1
    client.post(f"/imports/{job.pk}/discard/")
    job.refresh_from_db()
    assert job.state == "done"

    other = uploaded(client, GOOD)
    assert "imported before" in client.get(f"/imports/{other.pk}/").content.decode()
    client.post(f"/imports/{other.pk}/discard/")
    other.refresh_from_db()
    assert other.state == "discarded"
    client.post(f"/imports/{other.pk}/apply/")
    assert Job.objects.count() == 1


def test_a_worker_that_died_half_way_leaves_nothing_and_the_next_one_finishes(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = uploaded(client, GOOD)
    client.post(f"/imports/{job.pk}/apply/")
    with monkeypatch.context() as patch:
        patch.setattr(uploads, "finish", lambda *args, **kwargs: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            jobs.run(Job.objects.get().pk)
    assert not Merchant.objects.exists()
    Job.objects.update(lease_until=timezone.now() - timedelta(minutes=1))
    jobs.run(Job.objects.get().pk)
    assert Merchant.objects.count() == 2


def test_large_files_are_checked_by_a_worker(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "CHECK_NOW", 10)
    job = uploaded(client, GOOD)
    assert job.state == "checking"
    assert client.get(f"/imports/{job.pk}/").status_code == 200
    jobs.run(Job.objects.get(kind="import.check").pk)
    job.refresh_from_db()
    assert (job.state, job.rows_new) == ("checked", 2)


# write-offs are money: they come in by the finance import, which has a template of its own
@pytest.mark.parametrize("kind", [spec.name for spec in registry if "admin" in spec.roles])
def test_templates_load_without_errors_in_their_cells(kind: str) -> None:
    client = login("admin")
    response = client.get(f"/imports/template/{kind}/")
    assert response.status_code == 200
    job = uploaded(client, response.content, kind=kind)
    # what the row refers to (merchant, product) may be missing here; each cell by itself must be right
    assert {error.code for error in job.errors.all()} <= {"unknown"}


# -- bad uploads --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "content", "data", "status"),
    [
        ("m.csv", b"", {}, 422),
        ("m.xlsx", b"PK\x03\x04", {}, 302),
        ("m.exe", b"MZ", {}, 422),
        ("m.csv", GOOD.encode(), {"kind": "nonsense"}, 422),
        ("m.csv", GOOD.encode(), {"kind": ""}, 302),
        ("m.csv", GOOD.encode(), {"kind": "users"}, 422),  # operations may not give roles away
        ("m.csv", b"\x00" * 10, {}, 302),
        ("m.csv", b"a;b\n1;2\n", {}, 302),
        ("../../../etc/cron.d/m.csv", GOOD.encode(), {}, 302),
        ("m\r\nX: y.csv", GOOD.encode(), {}, 422),
        ("<script>.csv", GOOD.encode(), {}, 302),
        ("x" * 400 + ".csv", GOOD.encode(), {}, 302),
        ("m.csv.gz", gzip.compress(GOOD.encode(), mtime=0), {}, 302),
        ("m.csv.gz", b"\x1f\x8b\x08nonsense", {}, 302),
    ],
)
def test_bad_uploads(client: Client, media: Path, name: str, content: bytes, data: dict[str, str], status: int) -> None:
    response = upload(client, content, name=name, **data)
    assert response.status_code == status
    if status == 302:
        page = client.get(response["Location"])
        assert page.status_code == 200
        assert b"<script>.csv" not in page.content
    files = [path for path in media.rglob("*") if path.is_file()]
    assert all(path.parent == media / "imports" and path.suffix == ".csv" and len(path.stem) == 32 for path in files)
    assert all(path.stat().st_mode & 0o111 == 0 for path in files)
    assert not Merchant.objects.exists()


def test_a_small_gz_that_unpacks_to_much_is_refused(client: Client, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 100_000
    bomb = gzip.compress(b"vendor_number,name\n" + b"V1,x\n" * 1_000_000, mtime=0)
    assert len(bomb) < settings.IMPORT_MAX_BYTES
    job = uploaded(client, bomb, name="m.csv.gz")
    assert (job.state, job.errors.get().code) == ("failed", "too_large")


def test_row_and_size_limits(client: Client, settings: Any) -> None:
    settings.IMPORT_MAX_ROWS = 1
    assert uploaded(client, GOOD).errors.get().code == "too_many_rows"
    settings.IMPORT_MAX_BYTES = 5
    response = upload(client, GOOD)
    assert response.status_code == 422
    assert b"larger than" in response.content


def test_no_file(client: Client) -> None:
    assert client.post("/imports/new/", {"kind": "merchants"}).status_code == 422


def test_values_are_escaped(client: Client) -> None:
    job = uploaded(client, "vendor_number,name,currency\nV1,x,<script>alert(1)</script>\n")
    page = client.get(f"/imports/{job.pk}/").content
    assert b"<script>alert(1)" not in page
    assert b"&lt;script&gt;alert(1)" in page


def test_uploads_are_deleted_after_a_time(client: Client, media: Path) -> None:
    job = uploaded(client, GOOD)
    assert uploads.delete_old(now=timezone.now()) == 0
    assert uploads.delete_old(now=timezone.now() + timedelta(days=3)) == 1
    job.refresh_from_db()
    assert (job.state, job.stored_name, list((media / "imports").iterdir())) == ("discarded", "", [])
    assert client.get(f"/imports/{job.pk}/errors/").status_code == 404
    assert client.get(f"/imports/{job.pk}/").status_code == 200


def test_a_cancelled_job_can_be_tried_again_or_is_given_up(client: Client, media: Path) -> None:
    job = uploaded(client, GOOD)
    client.post(f"/imports/{job.pk}/apply/")
    runner = Job.objects.get()
    client.post(f"/jobs/{runner.pk}/cancel/")
    jobs.run(runner.pk)
    assert not Merchant.objects.exists()
    page = client.get(f"/imports/{job.pk}/").content.decode()
    assert f"/jobs/{runner.pk}/retry/" in page
    assert uploads.delete_old(now=timezone.now() + timedelta(days=3)) == 1
    job.refresh_from_db()
    assert job.state == "failed"

    job = uploaded(client, GOOD)
    client.post(f"/imports/{job.pk}/apply/")
    runner = Job.objects.get(state="queued")
    client.post(f"/jobs/{runner.pk}/cancel/")
    client.post(f"/jobs/{runner.pk}/retry/")
    jobs.run(Job.objects.get(state="queued").pk)
    assert Merchant.objects.count() == 2


# -- who may ------------------------------------------------------------------------------------------------------
PAGES = ["/imports/", "/imports/new/", "/imports/template/orders/", "/imports/{}/", "/imports/{}/errors/"]
POSTS = ["/imports/new/", "/imports/{}/apply/", "/imports/{}/discard/"]


def test_operations_and_admins_only(client: Client) -> None:
    job = uploaded(client, MIXED)
    merchant = Merchant.objects.create(vendor_number="V9", name="Nine")
    for role, fields in (("merchant", {"merchant": merchant}), ("", {})):
        other = login(role, **fields) if role else Client()
        for page in PAGES:
            status = other.get(page.format(job.pk)).status_code
            assert status == (403 if role else 302), page
        for page in POSTS:
            assert other.post(page.format(job.pk)).status_code == (403 if role else 302), page
    job.refresh_from_db()
    assert job.state == "checked"
    assert login("admin").get(f"/imports/{job.pk}/").status_code == 200


def test_finance_uploads_kinds_of_its_own_alone(client: Client) -> None:
    job, finance = uploaded(client, MIXED), login("finance")
    assert {page: finance.get(page.format(job.pk)).status_code for page in PAGES} == {
        "/imports/": 200,
        "/imports/new/": 200,
        "/imports/template/orders/": 404,
        "/imports/{}/": 404,
        "/imports/{}/errors/": 404,
    }
    assert finance.get("/imports/template/payments/").status_code == 200
    assert job.file_name not in finance.get("/imports/").text
    refused = upload(finance, GOOD)
    assert refused.status_code == 422


def test_imports_of_users_are_for_admins(client: Client) -> None:
    admin = login("admin")
    job = uploaded(admin, "email,role\nx@example.com,admin\n", kind="users")
    assert client.get(f"/imports/{job.pk}/").status_code == 404
    assert client.post(f"/imports/{job.pk}/apply/").status_code == 404
    assert client.get("/imports/template/users/").status_code == 404
    assert str(job.pk) not in client.get("/imports/").content.decode()
    assert str(job.pk) in admin.get("/imports/").content.decode()


def test_unknown_imports(client: Client) -> None:
    assert client.get("/imports/00000000-0000-0000-0000-000000000000/").status_code == 404
    assert client.get("/imports/template/nonsense/").status_code == 404
    assert client.get("/imports/new/?kind=nonsense").status_code == 200


def test_price_changes_carry_the_user(client: Client) -> None:
    Merchant.objects.create(vendor_number="V1", name="One")
    for price in (1, 2):
        job = uploaded(client, f"sku,vendor_number,name,price\nA,V1,x,{price}\n", kind="products")
        work(client, job)
    assert Product.objects.get().price_changes.get().actor == "operations@example.com"


@pytest.mark.parametrize("address", ["/imports/", "/imports/new/", "/imports/{}/"])
def test_few_queries(client: Client, address: str, django_assert_max_num_queries: Any) -> None:
    job = uploaded(client, MIXED)
    with django_assert_max_num_queries(8):
        assert client.get(address.format(job.pk)).status_code == 200
