"""Addresses of a broker that fails over: `sentinel://:PASSWORD@HOST:26379,HOST:26379/NAME?db=0`.

The hosts are Sentinels, which say where the server called NAME is now; the password is that server's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

if TYPE_CHECKING:
    from redis import Redis

SCHEME = "sentinel"
PORT = 26379
SHAPE = "sentinel://:PASSWORD@HOST:26379,HOST:26379,HOST:26379/NAME?db=0"


@dataclass(frozen=True, slots=True)
class Sentinels:
    """Who knows where the server is, what it is called there, and how to sign in to it."""

    hosts: tuple[tuple[str, int], ...]
    name: str
    password: str = ""
    database: int = 0

    @property
    def for_celery(self) -> str:
        login = f":{quote(self.password, safe='')}@" if self.password else ""
        return ";".join(f"{SCHEME}://{login}{host}:{port}/{self.database}" for host, port in self.hosts)

    def client(self, **options: Any) -> Redis:
        """A client that asks the Sentinels with every new connection. `options` are those of a connection."""
        from redis.sentinel import Sentinel

        bounds = {name: value for name, value in options.items() if name.startswith("socket_")}
        known = Sentinel(list(self.hosts), sentinel_kwargs=bounds)  # type: ignore[no-untyped-call]
        found: Redis = known.master_for(  # type: ignore[no-untyped-call]
            self.name, db=self.database, password=self.password or None, **options
        )
        return found


def parse(url: str) -> Sentinels | None:
    """None for an address of another kind. Raises ValueError for one that cannot be read."""
    if not url.startswith(f"{SCHEME}://"):
        return None
    parts = urlsplit(url)
    login, _at, hosts = parts.netloc.rpartition("@")
    name = parts.path.strip("/")
    if not hosts or not name or "/" in name:
        raise ValueError(SHAPE)
    database = int(parse_qs(parts.query).get("db", ["0"])[0])
    return Sentinels(tuple(_host(each) for each in hosts.split(",")), name, unquote(login.partition(":")[2]), database)


def _host(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon:
        host, port = text, str(PORT)
    if not host or not 0 < int(port) < 65536:
        raise ValueError(SHAPE)
    return host, int(port)
