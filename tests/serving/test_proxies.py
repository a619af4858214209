"""The examples of nginx and Caddy, run as they are but for ports and certificates: they say truly who calls."""

from __future__ import annotations

import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
NAME = "ops.example.com"
NGINX, CADDY = "deploy/nginx/inventory-ops.conf", "deploy/caddy/Caddyfile"


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def upstream() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert, private = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert, private


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


class Proxy:
    """A running proxy, asked as a browser would ask it."""

    def __init__(self, plain: int, tls: int, trusted: Path) -> None:
        self.plain, self.tls, self.trusted = plain, tls, trusted

    def ask(self, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
        context = ssl.create_default_context(cafile=self.trusted)
        connection = HTTPSConnection(f"{NAME}:{self.tls}", timeout=20, context=context)
        connection.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", self.tls)), server_hostname=NAME)
        return self._sent(connection, "GET", path, headers)

    def ask_plainly(self, path: str) -> tuple[int, dict[str, str], str]:
        return self._sent(HTTPConnection("127.0.0.1", self.plain, timeout=20), "GET", path, {})

    @staticmethod
    def _sent(connection: HTTPConnection, method: str, path: str, headers: dict[str, str]):  # type: ignore[no-untyped-def]
        connection.request(method, path, headers={"Host": NAME} | {k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
        connection.close()
        return found


def started(command: list[str], ports: tuple[int, int], home: Path) -> Iterator[Proxy]:
    log = (home / "log").open("wb")
    env = {
        "HOME": str(home),
        "XDG_DATA_HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "PATH": "/usr/sbin:/usr/bin:/bin",
    }
    process = subprocess.Popen(command, stdout=log, stderr=log, env=env)
    try:
        deadline = time.monotonic() + 60
        for port in ports:
            while True:
                assert process.poll() is None, (home / "log").read_text()
                assert time.monotonic() < deadline, (home / "log").read_text()
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
        yield Proxy(*ports, home / "cert.pem")
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def tool(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/local/bin:/usr/bin:/bin")
    return found or pytest.skip(f"{name} is not installed (apt-get install {name})")


@pytest.fixture
def nginx(tmp_path: Path, upstream: int, certificate: tuple[Path, Path]) -> Iterator[Proxy]:
    program, ports = tool("nginx"), free_ports()
    text = (ROOT / NGINX).read_text()
    text = re.sub(r"listen \[::\].*\n", "", text).replace("listen 80;", f"listen 127.0.0.1:{ports[0]};")
    text = text.replace("listen 443 ", f"listen 127.0.0.1:{ports[1]} ").replace(
        "127.0.0.1:8000", f"127.0.0.1:{upstream}"
    )
    for line, path in zip(("ssl_certificate ", "ssl_certificate_key "), certificate, strict=True):
        text = re.sub(rf"{line}\s*\S+;", f"{line}{path};", text)
    folders = "".join(
        f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = (
        f"pid {tmp_path}/pid; daemon off; error_log stderr; events {{}} http {{ access_log off; {folders}\n{text}\n}}"
    )
    (tmp_path / "nginx.conf").write_text(whole)
    yield from started([program, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], ports, tmp_path)


@pytest.fixture
def caddy(tmp_path: Path, upstream: int, certificate: tuple[Path, Path]) -> Iterator[Proxy]:
    program, ports = tool("caddy"), free_ports()
    text = (ROOT / CADDY).read_text().replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    text = text.replace(f"{NAME} {{", f"{NAME} {{\n\ttls {certificate[0]} {certificate[1]}", 1)
    options = f"{{\n\tadmin off\n\thttp_port {ports[0]}\n\thttps_port {ports[1]}\n\tdefault_bind 127.0.0.1\n}}\n"
    (tmp_path / "Caddyfile").write_text(options + text)
    command = [program, "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")]
    yield from started(command, ports, tmp_path)


@pytest.fixture(params=["nginx", "caddy"])
def proxy(request: pytest.FixtureRequest) -> Proxy:
    found: Proxy = request.getfixturevalue(request.param)
    return found


def test_who_calls_and_how_is_told_truly(proxy: Proxy) -> None:
    lies = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "http", "X_Forwarded_Host": "evil.example.com"}
    status, _headers, body = proxy.ask("/orders/1/A%2FB/?q=a%20b", **lies)
    assert status == 200
    asked = json.loads(body)
    assert asked["path"] == "/orders/1/A%2FB/?q=a%20b"  # untouched: codes may have slashes
    seen = asked["headers"]
    assert (seen["host"], seen["x-forwarded-proto"], seen["x-forwarded-for"]) == (NAME, "https", "127.0.0.1")
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", seen["x-request-id"])


def test_metrics_are_not_for_everybody_and_plain_http_is_led_on(proxy: Proxy) -> None:
    assert proxy.ask("/metrics")[0] == 404
    status, headers, _body = proxy.ask_plainly("/trackers/?page=2")
    assert status in {301, 308}
    assert re.fullmatch(rf"https://{NAME}(:\d+)?/trackers/\?page=2", headers["location"])


@pytest.mark.parametrize("file", [NGINX, CADDY])
def test_the_largest_upload_comes_through(file: str) -> None:
    found = re.search(r"(?:client_max_body_size|max_size) (\d+)M?B?m?", (ROOT / file).read_text())
    assert found
    assert int(found[1]) * 1000 * 1000 > settings.IMPORT_MAX_BYTES
