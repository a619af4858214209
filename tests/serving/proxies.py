"""The examples of nginx and Caddy as running proxies, as they are but for ports and certificate.

The check of the image uses them, too.
"""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "ops.example.com"
NGINX, CADDY = ROOT / "deploy/nginx/inventory-ops.conf", ROOT / "deploy/caddy/Caddyfile"
PROGRAMS = "/usr/sbin:/usr/local/bin:/usr/bin:/bin"

type Answer = tuple[int, Mapping[str, str], str]


def program(name: str) -> str | None:
    return shutil.which(name, path=PROGRAMS)


class Proxy:
    """A running proxy, asked as a browser would ask it."""

    def __init__(self, plain: int, tls: int, trusted: Path) -> None:
        self.plain, self.tls, self.trusted = plain, tls, trusted

    def ask(self, path: str, **headers: str) -> Answer:
        context = ssl.create_default_context(cafile=self.trusted)
        connection = HTTPSConnection(f"{NAME}:{self.tls}", timeout=20, context=context)
        connection.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", self.tls)), server_hostname=NAME)
        return self._sent(connection, path, headers)

    def ask_plainly(self, path: str) -> Answer:
        return self._sent(HTTPConnection("127.0.0.1", self.plain, timeout=20), path, {})

    @staticmethod
    def _sent(connection: HTTPConnection, path: str, headers: Mapping[str, str]) -> Answer:
        connection.request("GET", path, headers={"Host": NAME} | {k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
        connection.close()
        return found


@contextmanager
def nginx(home: Path, *, upstream: int) -> Iterator[Proxy]:
    cert, key, ports = *_certificate(home), _free_ports()
    text = re.sub(r"listen \[::\].*\n", "", NGINX.read_text())
    text = text.replace("listen 80;", f"listen 127.0.0.1:{ports[0]};")
    text = text.replace("listen 443 ", f"listen 127.0.0.1:{ports[1]} ")
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    text = re.sub(r"ssl_certificate\s+\S+;", f"ssl_certificate {cert};", text)
    text = re.sub(r"ssl_certificate_key\s+\S+;", f"ssl_certificate_key {key};", text)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "".join(f"{kind}_temp_path {home}/{kind};" for kind in kinds)
    head = f"pid {home}/pid; daemon off; error_log stderr; events {{}} http {{ access_log off; {folders}"
    (home / "nginx.conf").write_text(f"{head}\n{text}\n}}")
    with _running([str(program("nginx")), "-p", str(home), "-c", str(home / "nginx.conf")], ports, home):
        yield Proxy(*ports, cert)


@contextmanager
def caddy(home: Path, *, upstream: int) -> Iterator[Proxy]:
    cert, key, ports = *_certificate(home), _free_ports()
    text = CADDY.read_text().replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    text = text.replace(f"{NAME} {{", f"{NAME} {{\n\ttls {cert} {key}", 1)
    options = f"{{\n\tadmin off\n\thttp_port {ports[0]}\n\thttps_port {ports[1]}\n\tdefault_bind 127.0.0.1\n}}\n"
    (home / "Caddyfile").write_text(options + text)
    command = [str(program("caddy")), "run", "--adapter", "caddyfile", "--config", str(home / "Caddyfile")]
    with _running(command, ports, home):
        yield Proxy(*ports, cert)


@contextmanager
def _running(command: list[str], ports: tuple[int, int], home: Path) -> Iterator[None]:
    env = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(home)) | {"PATH": PROGRAMS}
    log = home / "proxy.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=env)
    try:
        deadline = time.monotonic() + 60
        while not all(map(_is_open, ports)):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def _certificate(home: Path) -> tuple[Path, Path]:
    """One that vouches for itself, and its key."""
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
    pem, kind, plain = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    cert, private = home / "cert.pem", home / "key.pem"
    cert.write_bytes(made.public_bytes(pem))
    private.write_bytes(key.private_bytes(pem, kind, plain))
    return cert, private
