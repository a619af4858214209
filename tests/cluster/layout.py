"""Where everything of the cluster is: folders, ports, and the configuration made from deploy/cluster."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from config.embedded.paths import CHECKOUT
from deploy.cluster.render import rendered
from tests.ports import free_ports

HOST = "127.0.0.1"
DEPLOY = CHECKOUT / "deploy" / "cluster"
DATABASES = ("pg1", "pg2", "pg3")
ETCD = ("etcd1", "etcd2", "etcd3")
WEB = ("web1", "web2")
WORKERS = ("worker1", "worker2", "worker3")
BEATS = ("beat1", "beat2")
SENTINELS = ("sentinel1", "sentinel2", "sentinel3")
VALKEYS = ("valkey1", "valkey2")
PROGRAMS = ("etcd", "haproxy", "pgbouncer", "nginx")
BUCKET = "ops"


def missing() -> list[str]:
    """Programs of the system that the cluster needs and that are not here, and packages of Python."""
    found = [name for name in PROGRAMS if shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin") is None]
    try:
        import patroni  # noqa: F401
        import psutil  # noqa: F401
    except ImportError:
        found.append("patroni (uv sync --group cluster)")
    return found


class Layout:
    """A folder of its own, and a free port for each name that is asked for."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._ports: Iterator[int] = iter(free_ports(60))
        self._given: dict[str, int] = {}

    def port(self, name: str) -> int:
        if name not in self._given:
            self._given[name] = next(self._ports)
        return self._given[name]

    def folder(self, *names: str) -> Path:
        path = self.home.joinpath(*names)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def config(self, template: str, target: str, **values: object) -> Path:
        """A file of deploy/cluster with its values put in."""
        path = self.folder("config") / target
        path.write_text(rendered((DEPLOY / template).read_text(), {"host": HOST} | values))
        return path

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port('proxy')}"

    @property
    def etcd_hosts(self) -> str:
        return ", ".join(f"{HOST}:{self.port(name)}" for name in ETCD)

    def environment(self, node: str) -> Mapping[str, str]:
        """The settings of one node of the product, as its environment gives them."""
        sentinels = ",".join(f"{HOST}:{self.port(name)}" for name in SENTINELS)
        return {
            "DATABASE_URL": f"postgresql://postgres@{HOST}:{self.port('pool')}/inventory_ops?connect_timeout=10",
            "DATABASE_REPLICA_URL": f"postgresql://postgres@{HOST}:{self.port('read')}/inventory_ops?connect_timeout=3",
            "REDIS_URL": f"sentinel://{sentinels}/inventory-ops?db=0",
            "FILES_URL": f"s3://{BUCKET}/files",
            "FILES_S3_ENDPOINT_URL": f"http://{HOST}:{self.port('s3')}",
            "FILES_S3_REGION": "us-east-1",
            "FILES_S3_ACCESS_KEY_ID": "cluster",
            "FILES_S3_SECRET_ACCESS_KEY": "cluster-secret",
            "SECRET_KEY": "cluster-" * 8,
            "OPS_DATA_DIR": str(self.folder("nodes", node)),  # each its own: nothing is shared by a disk
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "INFO",
            "LOG_FORMAT": "json",
        }


if __name__ == "__main__":  # what is missing, for scripts
    sys.exit(f"missing: {', '.join(found)}" if (found := missing()) else 0)
