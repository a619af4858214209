"""A backup under concurrent writes, restored elsewhere: the ledger is whole, nothing is missing, secrets are read."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from psycopg import sql

from config.embedded import stack
from config.embedded.paths import CHECKOUT, Paths
from inventory_ops.kit import sealing
from inventory_ops.models import AuditEvent, Destination, InventoryEvent, User
from inventory_ops.operations import stock
from inventory_ops.operations.backups import archive, making, place, tools
from inventory_ops.operations.backups.errors import CannotBackUp, CannotRestore
from inventory_ops.operations.stock import ChangeDetails, Place
from inventory_ops.queries import status
from tests import make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("backup")]

PURPOSE = "inventory_ops.destination"
SECRET = "https://hooks.example.com/T0P"
KEYS = {name: name + "-k3y" * 20 for name in ("the", "another")}


def quiet(_line: str) -> None:
    """Nobody listens."""


def still(_bytes: int) -> None:
    """Nobody watches."""


def manage(*words: object, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, words)], env=clean | env, cwd=CHECKOUT, capture_output=True, text=True
    )


@pytest.fixture
def shop(settings: Any, tmp_path: Path) -> User:
    """Something of everything that a backup has to hold."""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = KEYS["the"], []
    settings.MEDIA_ROOT, settings.CHANNELS_DIR = tmp_path / "files", tmp_path / "channels"
    for name, text in (("claims/one.pdf", "evidence"), ("exports/ü.csv", "a;b\n"), ("imports/x", "")):
        path = settings.MEDIA_ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    user: User = make.user("admin")
    sealed = sealing.seal(SECRET, purpose=PURPOSE)
    Destination.objects.create(user=user, kind="webhook", name="x", address=sealed, signing_key=sealed)
    return user


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Paths]:
    """Another installation: services of its own over an empty folder."""
    paths = Paths(tmp_path / "elsewhere")
    with stack.running(paths, fast=True):
        yield paths


def under_writes(path: Path, *, by: User) -> archive.Manifest:
    """A backup made while two people adjust stock without a pause; they do so before, during and after it."""
    products = [make.product(f"S{n}") for n in range(2)]
    started, done = [threading.Event() for _ in products], threading.Event()

    def adjust(n: int) -> None:
        try:
            while not done.is_set():
                stock.adjust_by(place=Place(products[n]), quantity=1, details=ChangeDetails("correction"), by=by)
                started[n].set()
        finally:
            connections.close_all()

    people = [threading.Thread(target=adjust, args=(n,)) for n in range(2)]
    for person in people:
        person.start()
    try:
        assert all(event.wait(60) for event in started)
        before = InventoryEvent.objects.count()
        made = making.make(path, say=quiet, progress=still)
        after = InventoryEvent.objects.count()
    finally:
        done.set()
        for person in people:
            person.join()
    rows = made.manifest.rows["inventory_ops_inventoryevent"]
    assert before <= rows < after, "nobody wrote while the backup was made"
    return made.manifest


def rows_of(address: str) -> dict[str, int]:
    with psycopg.connect(address) as database:
        return place.rows(database.cursor())


def test_the_drill(shop: User, elsewhere: Paths, tmp_path: Path) -> None:
    file = tmp_path / "shop.backup"
    manifest = under_writes(file, by=shop)
    assert file.stat().st_mode & 0o777 == 0o600  # it has personal data
    assert KEYS["the"].encode() not in file.read_bytes()
    here = {"OPS_DATA_DIR": str(elsewhere.data_dir), "SECRET_KEY": KEYS["the"]}

    damaged = tmp_path / "damaged.backup"
    whole = file.read_bytes()
    at = whole.index(b"PGDMP") + 4000
    damaged.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    refused = manage("restore", damaged, **here)
    assert refused.returncode == 1
    assert "damaged" in refused.stderr
    assert rows_of(elsewhere.database_url()) == {}
    assert not (elsewhere.data_dir / "files").exists()

    restored = manage("restore", file, **here)
    assert restored.returncode == 0, restored.stderr
    for said in ("Check     digests", "Secrets   all readable", "as many as in the backup", "verify_ledger"):
        assert said in restored.stdout
    counts = rows_of(elsewhere.database_url())
    log = "inventory_ops_auditevent"
    assert counts == {**manifest.rows, log: manifest.rows[log] + 1}  # that it was restored
    files = elsewhere.data_dir / "files"
    texts = {str(each.relative_to(files)): each.read_text() for each in files.glob("*/*")}
    assert texts == {"claims/one.pdf": "evidence", "exports/ü.csv": "a;b\n", "imports/x": ""}

    proved = manage("verify_ledger", **here)
    assert proved.returncode == 0, proved.stdout
    assert "FAILED" not in proved.stdout
    again = manage("restore", file, **here)
    assert again.returncode == 1
    assert "is not empty" in again.stderr

    read = "from inventory_ops.models import Destination as D; from inventory_ops.kit import sealing;"
    read += f"print(sealing.unseal(D.objects.get().address, purpose={PURPOSE!r}))"
    assert SECRET in manage("shell", "-v", "0", "-c", read, **here).stdout
    assert SECRET not in manage("shell", "-v", "0", "-c", read, **(here | {"SECRET_KEY": KEYS["another"]})).stdout


def made_database(paths: Paths, name: str, owner: str) -> str:
    with psycopg.connect(paths.database_url("postgres"), autocommit=True) as server:
        server.execute(sql.SQL("create role {} login").format(sql.Identifier(owner)))
        server.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(owner)))
    with psycopg.connect(paths.database_url(name), autocommit=True) as database:
        database.execute(sql.SQL("alter schema public owner to {}").format(sql.Identifier(owner)))
    return paths.database_url(name)


def test_on_a_server_with_roles_and_under_another_key(shop: User, elsewhere: Paths, tmp_path: Path) -> None:
    """As deployment has it: the owner restores and grants, the product's role backs up; the key was lost."""
    file = tmp_path / "shop.backup"
    making.make(file, say=quiet, progress=still)
    url = made_database(elsewhere, "shop", "owner_of_all")
    with psycopg.connect(elsewhere.database_url("postgres"), autocommit=True) as server:
        server.execute("create role product login")
    folder = {"OPS_DATA_DIR": str(tmp_path / "new"), "REDIS_URL": elsewhere.redis_url, "SECRET_KEY": KEYS["another"]}
    owner = folder | {"DATABASE_URL": url.replace("postgres@", "owner_of_all@", 1)}
    product = folder | {"DATABASE_URL": url.replace("postgres@", "product@", 1)}

    assert "There is no role" in manage("restore", file, "--role=nobody", **owner).stderr
    assert "may make no tables" in manage("restore", file, **product).stderr
    done = manage("restore", file, "--role=product", **owner)
    assert done.returncode == 0, done.stderr
    assert f"another SECRET_KEY (fingerprint {place.fingerprint(KEYS['the'])})" in done.stderr
    assert "2 stored secrets cannot be read" in done.stderr
    assert "SECRET_KEY_FALLBACKS" in done.stderr

    told = manage("reseal", **owner)
    assert told.returncode == 1
    assert "no key reads it" in told.stderr
    healed = manage("reseal", **owner, SECRET_KEY_FALLBACKS=KEYS["the"])
    assert healed.returncode == 0, healed.stderr
    assert "2 encrypted anew" in healed.stdout
    with psycopg.connect(product["DATABASE_URL"]) as database, pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.execute("delete from inventory_ops_inventoryevent")
    by_product = manage("backup", tmp_path / "second.backup", **product)
    assert by_product.returncode == 0, by_product.stderr
    with archive.Reader(tmp_path / "second.backup") as second:
        assert second.manifest.secret_key == place.fingerprint(KEYS["another"])
        second.check(still)


def test_what_was_made_is_known(shop: User, tmp_path: Path) -> None:
    assert status.last_backup() is None
    call_command("backup", str(tmp_path / "b"))
    assert status.last_backup() is not None
    assert AuditEvent.objects.get(action="security.backup_made").summary.endswith("bytes")


def test_nothing_is_replaced_and_nothing_is_left_of_what_failed(
    shop: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "b"
    file.write_text("mine")
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(file))
    assert file.read_text() == "mine"
    for bad in (tmp_path / "no" / "folder", tmp_path / ("x" * 300), Path("a\0b")):
        with pytest.raises(CommandError, match="cannot be written"):
            call_command("backup", str(bad))
    half = tmp_path / "half.part"
    half.touch()
    with pytest.raises(CommandError, match="another backup is written there"):
        call_command("backup", str(tmp_path / "half"))
    assert half.exists()  # it may be somebody's who is at it

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.Writer, "add", full)
    with pytest.raises(CommandError, match="No space left"):
        call_command("backup", str(tmp_path / "c"))
    assert not {path.name for path in tmp_path.iterdir()} & {"c", "c.part"}
    assert status.last_backup() is None


def test_a_tool_that_is_too_old_is_not_used(shop: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 12.3'\n")
    old.chmod(0o755)
    monkeypatch.setattr(tools, "_folders", lambda: iter([tmp_path]))
    with pytest.raises(CannotBackUp, match=r"PostgreSQL \d+ or later is needed, and .*pg_dump is version 12\.3"):
        making.make(tmp_path / "b", say=quiet, progress=still)
    old.unlink()
    with pytest.raises(tools.NoTool, match="none is here"):
        tools.find("pg_dump", least=18)


@pytest.fixture
def small(shop: User, tmp_path: Path) -> Path:
    making.make(tmp_path / "small", say=quiet, progress=still)
    return tmp_path / "small"


def rewritten(file: Path, change: Mapping[str, Any], *, name: str = "", digest: bool = True) -> Path:
    """The backup with another manifest, signed as if it were right."""
    import hashlib
    import json

    target = file.with_name("rewritten")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w") as new:
        manifest = json.loads(old.read(archive.MANIFEST)) | change
        if name:
            manifest["members"][name] = {"size": 0, "sha256": hashlib.sha256(b"").hexdigest()}
            new.writestr(name, b"")
        for each in old.namelist():
            if each not in {archive.MANIFEST, archive.DIGEST}:
                new.writestr(each, old.read(each))
        text = json.dumps(manifest).encode()
        new.writestr(archive.MANIFEST, text)
        new.writestr(archive.DIGEST, hashlib.sha256(text).hexdigest() if digest else "0" * 64)
    return target


def test_files_that_are_no_backup_are_refused_in_words(small: Path, tmp_path: Path) -> None:
    text, cut, other = tmp_path / "text", tmp_path / "cut", tmp_path / "other.zip"
    text.write_text("not a backup")
    cut.write_bytes(small.read_bytes()[:-500])
    with zipfile.ZipFile(other, "w") as archived:
        archived.writestr("letter.txt", "hello")
    for path, said in (
        (tmp_path / "none", "There is no file"),
        (tmp_path, "There is no file"),
        (Path("/dev/zero"), "There is no file"),
        (Path("a\0b"), "There is no file"),
        (text, "is not a backup"),
        (cut, "cut off"),
        (other, "is not a backup"),
        (rewritten(small, {}, digest=False), "was altered"),
    ):
        with pytest.raises(CannotRestore, match=said):
            archive.Reader(path)
    for name in ("files/../../etc/x", "/etc/x", "x", "files\\..\\x"):
        with pytest.raises(CannotRestore, match="outside its folders"):
            archive.Reader(rewritten(small, {}, name=name))
    with pytest.raises(CannotRestore, match="has layout 99"):
        archive.Reader(rewritten(small, {"layout": 99}))


def test_a_place_that_is_not_its_own_is_refused_by_name(small: Path, settings: Any, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="files is not empty: it has"):
        call_command("restore", str(small))
    settings.MEDIA_ROOT = tmp_path / "new"
    with pytest.raises(CommandError, match=r"The database .* is not empty: it has .* and \d+ more"):
        call_command("restore", str(small))
    settings.DEMO = True
    with pytest.raises(CommandError, match="backup of own data"):
        call_command("restore", str(small))
    settings.DEMO = False
    with pytest.raises(CommandError, match="restore it with --demo"):
        call_command("restore", str(rewritten(small, {"demo": True})))
    assert not settings.MEDIA_ROOT.exists()


def test_a_backup_of_a_newer_version_is_refused(
    small: Path, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path / "new"
    monkeypatch.setattr(place, "occupants", lambda _cursor: [])
    newer = rewritten(small, {"migrations": ["inventory_ops.9999_of_tomorrow"]})
    with pytest.raises(CommandError, match=r"newer version of the product.*9999_of_tomorrow"):
        call_command("restore", str(newer))


def test_the_password_is_on_no_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "pa ss'word")
    address, env = tools.access(connection)
    assert f"dbname={connection.settings_dict['NAME']}" in address
    assert "word" not in address
    assert env["PGPASSWORD"] == "pa ss'word"
