"""Sentry and OpenTelemetry: absent unless asked for; and what they send has no personal data."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import brotli
import pytest
from django.db import connection

from tests.test_deployment import GOOD, check, run_settings

ROOT = Path(__file__).resolve().parent.parent
# redis looks by itself whether the interface and the kit of OpenTelemetry are there; what traces is not among them
LOADED = """
import sys, config.wsgi, config.celery
names = ("sentry_sdk", "opentelemetry.instrumentation", "opentelemetry.exporter", "opentelemetry.sdk.trace")
print([name for name in sys.modules if name.startswith(names)])
"""
# a page that breaks: somebody's address in its query, in a variable and in the error
BREAK = """
import django
from config.wsgi import application
from django.test import Client
from inventory_ops.views import home

def broken(*_args, **_kwargs):
    customer = "@".join(["jane", "example.org"])  # lines of source are sent, what is in variables is not
    raise ValueError(f"no such person: {customer}\\nDETAIL: row (secret-row" + chr(41))

import config.urls
from django.urls import path, set_urlconf
config.urls.urlpatterns.insert(0, path("broken/", broken))
browser = Client(raise_request_exception=False, headers={"X-Request-ID": "req-12345678"})
print(browser.get("/broken/?q=jane@example.org", headers={"cookie": "sessionid=top-secret"}).status_code)
"""
UNPACK = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}
FLUSH = {
    "sentry": "import sentry_sdk; sentry_sdk.flush(20)",
    "otel": "from opentelemetry import trace; trace.get_tracer_provider().force_flush()",
}


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """An address, and what was sent there: path and unpacked body."""
    got: list[tuple[str, bytes]] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            got.append((self.path, UNPACK[self.headers.get("Content-Encoding", "")](body)))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Take)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}", got
    server.shutdown()
    server.server_close()


def ran(code: str, **env: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "OPS_DATA_DIR"}}
    parts = connection.settings_dict
    host = quote(parts["HOST"] or "localhost", safe="")
    url = f"postgresql://{parts['USER']}:{quote(parts['PASSWORD'] or '')}@{host}:{parts['PORT']}/{parts['NAME']}"
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": url}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, env=clean | settings | env, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip().splitlines()[-1]


def test_neither_is_imported_unless_it_is_set() -> None:
    assert ran(LOADED) == "[]"


@pytest.mark.django_db
def test_errors_reach_sentry_without_personal_data(receiver: tuple[str, list[tuple[str, bytes]]]) -> None:
    address, got = receiver
    assert ran(BREAK + FLUSH["sentry"], SENTRY_DSN=f"http://key@{address}/7") == "500"
    assert {path for path, _body in got} == {"/api/7/envelope/"}
    sent = b"\n".join(body for _path, body in got)
    for wanted in (b"ValueError", b"no such person: [e-mail]", b"req-12345678", b"/broken/"):
        assert wanted in sent, wanted
    for unwanted in (b"jane@", b"top-secret", b"secret-row)", b"q="):
        assert unwanted not in sent, unwanted


@pytest.mark.django_db
def test_spans_reach_opentelemetry_without_personal_data(receiver: tuple[str, list[tuple[str, bytes]]]) -> None:
    address, got = receiver
    assert ran(BREAK + FLUSH["otel"], OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{address}") == "500"
    assert {path for path, _body in got} == {"/v1/traces"}
    sent = b"\n".join(body for _path, body in got)
    for wanted in (b"inventory-ops-web", b"broken/", b"req-12345678"):
        assert wanted in sent, wanted
    for unwanted in (b"jane", b"top-secret", b"secret-row"):
        assert unwanted not in sent, unwanted


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SENTRY_DSN", "not an address", "use https://HOST:PORT"),
        ("SENTRY_DSN", "https://sentry.example.com/7", "no key or no project"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "use https://HOST:PORT"),
    ],
)
def test_an_address_that_is_none_is_refused(name: str, value: str, said: str) -> None:
    result = check(**(GOOD | {name: value}))
    assert result.returncode != 0
    assert f"{name} " in result.stderr
    assert said in result.stderr


@pytest.mark.parametrize(
    ("variable", "value", "starts", "extra"),
    [
        ("SENTRY_DSN", "https://k@sentry.example.com/7", "import config.settings", "sentry"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318", "import config.wsgi", "otel"),
    ],
)
def test_a_variable_without_its_packages_stops_the_start(variable: str, value: str, starts: str, extra: str) -> None:
    hidden = "import sys; sys.modules.update({'sentry_sdk': None, 'opentelemetry': None}); "
    env = os.environ | {variable: value, "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-c", hidden + starts]
    result = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode != 0
    assert f"{variable} is set, but its packages are not installed: uv sync --extra {extra}" in result.stderr


def test_the_extras_are_what_tests_try() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    assert set(extras) == {"sentry", "otel"}
    assert {each for lines in extras.values() for each in lines} <= set(project["dependency-groups"]["dev"])


def test_hsts_is_a_switch() -> None:
    shown = "settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS, settings.SECURE_HSTS_PRELOAD"
    assert run_settings(GOOD, shown) == "31536000 True True"
    few = {"HSTS_SECONDS": "300", "HSTS_SUBDOMAINS": "false", "HSTS_PRELOAD": "false"}
    assert run_settings(GOOD | few, shown) == "300 False False"
    assert run_settings(GOOD | {"HSTS_SECONDS": "0"}, shown).startswith("0 ")
    for change in ({"HSTS_SECONDS": "300"}, {"HSTS_SUBDOMAINS": "false"}, {"HSTS_SECONDS": "-1"}):
        result = check(**(GOOD | change))
        assert result.returncode != 0
        assert "HSTS_" in result.stderr.splitlines()[-1]
