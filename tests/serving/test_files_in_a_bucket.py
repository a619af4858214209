"""Uploads, exports and evidence in a bucket: nothing stays on the disk of the machine that took or made them."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from moto.server import ThreadedMotoServer

from config import env as environment
from inventory_ops.adapters import kinds
from inventory_ops.adapters.protocol import StockWrite, Unavailable
from inventory_ops.kit import files as store
from inventory_ops.kit.imports import FileRefused, registry
from inventory_ops.models import Import, Job, Merchant, Product, User
from inventory_ops.operations import exports, jobs
from inventory_ops.operations.backups import archive, making, place
from inventory_ops.operations.imports import uploads
from lost_damaged.operations import evidence
from tests import make
from tests.lost_damaged.test_pages import login
from tests.lost_damaged.world import World, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("bucket")]
GOOD = "vendor_number,name\nV1,One\nV2,Two\n"
TODAY = timezone.now().date().isoformat()
KEYS = {"FILES_S3_ACCESS_KEY_ID": "key", "FILES_S3_SECRET_ACCESS_KEY": "secret"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    _host, port = moto.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    moto.stop()


@pytest.fixture
def bucket(server: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket that the product keeps its files in, as the environment names it."""
    for name, value in (KEYS | {"FILES_URL": "s3://ops/files", "FILES_S3_ENDPOINT_URL": server}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FILES_S3_REGION", "us-east-1")
    options = environment.read().files
    client = boto3.resource(
        "s3", endpoint_url=server, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    client.create_bucket(Bucket="ops")
    found = client.Bucket("ops")
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "config.files.S3Files", "OPTIONS": options}}
    monkeypatch.setattr(jobs, "send", lambda *_: None)
    yield found
    assert not settings.MEDIA_ROOT.exists(), "a file was written on this machine"
    found.objects.all().delete()
    found.delete()


@pytest.fixture(name="world")
def _world() -> World:
    return make_world()


def names(bucket: Any) -> list[str]:
    return [each.key for each in bucket.objects.all()]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def work() -> None:
    for job in Job.objects.filter(state="queued"):
        jobs.run(job.pk)


@pytest.mark.parametrize("check_now", [1024 * 1024, 0], ids=["checked at once", "checked by a worker"])
def test_an_import_from_upload_to_deletion(bucket: Any, monkeypatch: pytest.MonkeyPatch, check_now: int) -> None:
    monkeypatch.setattr(uploads, "CHECK_NOW", check_now)
    file = SimpleUploadedFile("m.csv", (GOOD + "V3\n").encode())
    job = uploads.receive(files=[file], spec=registry.get("merchants"), by=make.user("operations"))
    assert names(bucket) == [f"files/imports/{job.stored_name}"]
    work()
    client = signed_in(make.user("operations", email="else@example.com"))
    client.force_login(job.created_by)
    rejected = b"".join(client.get(f"/imports/{job.pk}/errors/").streaming_content).decode()
    assert "V3" in rejected and "V2" not in rejected
    job.refresh_from_db()
    uploads.apply(job=job, by=job.created_by)
    work()
    assert set(Merchant.objects.values_list("vendor_number", flat=True)) >= {"V1", "V2"}
    assert uploads.delete_old(now=timezone.now() + timedelta(days=3)) == 1
    assert names(bucket) == []


def test_several_files_and_a_discarded_import(bucket: Any) -> None:
    by = make.user("operations")
    files = [SimpleUploadedFile(f"{n}.csv", f"vendor_number,name\nW{n},x\n".encode()) for n in range(2)]
    job = uploads.receive(files=files, spec=registry.get("merchants"), by=by)
    job.refresh_from_db()
    assert (job.state, job.rows_total) == (Import.State.CHECKED, 2)
    uploads.discard(job=job, by=by)
    assert names(bucket) == []


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_an_export_is_made_fetched_and_expires(bucket: Any, monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    monkeypatch.setattr(exports, "LARGE", 2)
    of = make.merchant()
    Product.objects.bulk_create(
        Product(merchant=of, sku=f"S{n}", name="Lamp", price=1, created_at=make.ago(days=900)) for n in range(5)
    )
    client = signed_in(make.user("operations"))
    answer = client.get(f"/action-required/products-without-orders/?_export={format}", headers={"Accept": "text/html"})
    job = Job.objects.get(pk=answer["Location"].split("/")[2])
    work()
    assert names(bucket) == [f"files/exports/{job.pk}.{format}"]
    content = b"".join(client.get(f"/jobs/{job.pk}/file/").streaming_content)
    assert content[:2] == b"PK" if format == "xlsx" else len(list(csv.reader(io.StringIO(content.decode())))) == 6
    jobs.sweep(now=timezone.now() + timedelta(days=8))
    assert names(bucket) == []
    assert client.get(f"/jobs/{job.pk}/file/").status_code == 404


def test_a_file_channel_reads_and_writes_the_bucket(bucket: Any, settings: Any, tmp_path: Path) -> None:
    """The marketplace puts its files below channels/NAME of the bucket; another node sees what this one wrote."""
    settings.CHANNELS_DIR = tmp_path / "channels"
    channel = kinds.get("csv").open({"folder": "shop"})
    assert channel.check() == "shop"
    with pytest.raises(Unavailable, match=r"catalogue\.csv is not in the folder shop yet"):
        channel.stock()
    assert channel.accept("catalogue", io.BytesIO(b"sku,quantity\nA,3\nB,4\n"), "c.csv") == 2
    with pytest.raises(FileRefused):
        channel.accept("catalogue", io.BytesIO(b"sku,quantity\nA,many\n"), "c.csv")
    rows = "order_id,sku,quantity,placed_at,updated_at\nO1,A,1,2026-11-01T10:00Z,2026-11-01T10:00Z\n"
    channel.accept("orders", io.BytesIO(rows.encode()), "today.csv")
    assert [(each.sku, each.available) for each in channel.stock().items] == [("A", 3), ("B", 4)]
    [order] = channel.orders(timezone.now() - timedelta(minutes=5), timezone.now()).items
    assert order.external_id == "O1"
    assert channel.orders(timezone.now() + timedelta(minutes=5), timezone.now()).items == ()
    channel.write_stock([StockWrite(uuid.uuid4(), "A", "A", 2)])
    channel.write_stock([StockWrite(uuid.uuid4(), "B", "B", 1)])
    other = kinds.get("csv").open({"folder": "shop"})
    assert [(each.sku, each.available) for each in other.stock().items] == [("A", 2), ("B", 1)]
    found = [name.removeprefix("files/channels/shop/") for name in names(bucket)]
    assert found[0] == "catalogue.csv" and found[1].endswith("-today.csv") and found[2:] == ["quantities.csv"]
    assert not settings.CHANNELS_DIR.exists()


def test_strays_are_swept_away(bucket: Any) -> None:
    with store.written("exports/lost.csv") as path:
        path.write_text("x")
    assert exports.delete_stray(now=timezone.now()) == 0
    assert exports.delete_stray(now=timezone.now() + timedelta(days=8)) == 1
    assert names(bucket) == []


def test_evidence_of_a_claim(bucket: Any, world: World) -> None:
    world.product("A", "100.00")
    seller = login(world, "merchant")
    told = {"sku": "A", "uid": "u-1", "reason": "lost_inbound", "happened_on": TODAY, "text": "Lost."}
    pdf = SimpleUploadedFile("note.pdf", b"%PDF-1.7 note")
    answer = seller.post("/finance/claims/new/", told | {"evidence": [pdf]})
    assert answer.status_code == 302, answer.content.decode()
    [found] = store.listed(evidence.FOLDER)
    assert names(bucket) == [f"files/{found.name}"]
    page = seller.get(answer["Location"])
    [link] = {part.split('"')[0] for part in page.content.decode().split('href="') if "/files/" in part.split('"')[0]}
    assert b"".join(seller.get(link).streaming_content) == b"%PDF-1.7 note"
    bucket.objects.all().delete()
    assert seller.get(link).status_code == 404


def test_a_backup_has_them_and_brings_them_back(bucket: Any, tmp_path: Path) -> None:
    for name in ("claims/one.pdf", "exports/ü.csv"):
        with store.written(name) as path:
            path.write_text(name)
    making.make(tmp_path / "b.zip", say=lambda _: None, progress=lambda _: None)
    with archive.Reader(tmp_path / "b.zip") as reader:
        assert reader.manifest.files == ["files/claims/one.pdf", "files/exports/ü.csv"]
        bucket.objects.all().delete()
        target = place.folders()["files"]
        staged = target.stage()
        for name in reader.manifest.files:
            path = staged / name.removeprefix("files/")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(reader.open(name).read())
        target.take(staged)
    assert sorted(names(bucket)) == ["files/claims/one.pdf", "files/exports/ü.csv"]
    assert next(target.names()) == "claims/one.pdf"


def test_a_store_that_is_away_is_said_and_nothing_is_kept(settings: Any, tmp_path: Path) -> None:
    options = {"bucket_name": "ops", "location": "", "endpoint_url": "http://127.0.0.1:9", "region_name": "us-east-1"}
    options |= {"access_key": "key", "secret_key": "secret"}
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "config.files.S3Files", "OPTIONS": options}}
    client = signed_in(make.user("operations"))
    answer = client.post("/imports/new/", {"kind": "merchants", "file": SimpleUploadedFile("m.csv", GOOD.encode())})
    assert answer.status_code == 503 and 0 < int(answer["Retry-After"]) <= 30
    assert not Import.objects.exists()
    job = jobs.enqueue(kind="export", title="x", by=make.user("admin"), params={
        "report": "products-without-orders", "format": "csv", "query": ""})  # fmt: skip
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "failed" and "could not be written" in job.message


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"FILES_URL": "/srv/files"}, "s3://BUCKET/FOLDER"),
        ({"FILES_URL": "s3://key:secret@ops/files"}, "Keys go into"),
        ({"FILES_URL": "s3://ops", "FILES_S3_ACCESS_KEY_ID": "key"}, "or neither"),
        ({"FILES_S3_SECRET_ACCESS_KEY": "secret"}, "FILES_URL is missing"),
        ({"FILES_URL": "s3://ops", "FILES_S3_ENDPOINT_URL": "minio:9000"}, "FILES_S3_ENDPOINT_URL is not an address"),
    ],
)
def test_a_bad_bucket_stops_the_start(given: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=said) as refused:
        environment.read()
    assert "secret" not in str(refused.value)
