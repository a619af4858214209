"""Where the embedded services keep their data and how to reach them.

Every process derives the same addresses from the data folder alone, so nothing has to be handed down
from the process that started the services to a worker, a shell or a second command.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

CHECKOUT = Path(__file__).resolve().parent.parent.parent
# sockaddr_un.sun_path holds 108 bytes on Linux and 104 on macOS
LONGEST_SOCKET_PATH = 100


@dataclass(frozen=True, slots=True)
class Paths:
    """All places below one data folder."""

    data_dir: Path

    @property
    def run_dir(self) -> Path:
        """Folder of the sockets; inside the data folder unless its path is too long for a socket."""
        inside = self.data_dir / "run"
        if len(str(inside / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
            return inside
        digest = hashlib.sha256(str(self.data_dir).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"inventory-ops-{digest}"

    @property
    def postgres_dir(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def valkey_dir(self) -> Path:
        return self.data_dir / "valkey"

    @property
    def aws_dir(self) -> Path:
        return self.data_dir / "aws"

    @property
    def log_dir(self) -> Path:
        return self.data_dir / "log"

    @property
    def valkey_socket(self) -> Path:
        return self.run_dir / "valkey.sock"

    @property
    def start_lock(self) -> Path:
        return self.data_dir / "start.lock"

    @property
    def users_lock(self) -> Path:
        return self.data_dir / "users.lock"

    @property
    def supervisor_file(self) -> Path:
        """JSON written by the supervisor once everything that was asked for is ready."""
        return self.data_dir / "supervisor.json"

    @property
    def aws_request(self) -> Path:
        """Its existence asks the supervisor to run the IAM endpoint too."""
        return self.data_dir / "want-aws"

    def database_url(self, name: str = "inventory_ops") -> str:
        return f"postgresql://postgres@{quote(str(self.run_dir), safe='')}/{name}"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.valkey_socket}?db=0"


# what would lead the demo to somebody's own data, people or mail server
NOT_FOR_DEMO = (
    "DATABASE_URL",
    "DATABASE_REPLICA_URL",
    "REDIS_URL",
    "EMAIL_URL",
    "OPS_AWS",
    "AWS_ENDPOINT_URL",
    "AWS_ACCOUNTS",
    "SENTRY_DSN",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
)


def lead_to_demo() -> None:
    """Let this process and its children use the demo's folder and services alone, whatever the environment says."""
    for name in NOT_FOR_DEMO:
        os.environ.pop(name, None)
    os.environ["OPS_DATA_DIR"] = str(default_data_dir() / "demo")
    os.environ["OPS_DEMO"] = "1"


def default_data_dir() -> Path:
    """`OPS_DATA_DIR`, else `.ops/` in the checkout."""
    return Path(os.environ.get("OPS_DATA_DIR") or CHECKOUT / ".ops").resolve()
