"""P21, P22: many people at the web server of the image at once, and what it keeps in memory after them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import quote

from django.conf import settings
from django.db import connections
from django.test import Client
from django.urls import reverse

from config.embedded.paths import CHECKOUT
from inventory_ops.kit.reports import registry
from inventory_ops.models import Order, Product
from tests.bench.job import Goal, Job, Timing, Way, at_most, register
from tests.bench.lists import FirstPages, bench_user
from tests.ports import free_ports

IMAGE = CHECKOUT / "Dockerfile"
FILE = "sku,name\n" + "".join(f"BENCH-{number},A product of the benchmark\n" for number in range(20_000))
PART = {"HX-Request": "true", "HX-Target": "report-results"}
LISTS = (*FirstPages.slugs, "products", "orders")
FILTERED = (
    "inventory-cost-issues?q=kettle",
    "shipping-issues?window=90d",
    "order-cost-issues?sort=-price",
    "products-without-orders?q=SKU-1&per_page=100",
    "events-ledger?q=SKU-1",
    "products?q=kettle",
)
PLACES = ("overview", "notifications", "imports", "import-new", "guide", "own-profile", "own-sessions")

type Address = tuple[str, dict[str, str]]


def profile() -> list[Address]:
    """Thirty addresses as people ask for them: lists, filters, parts of lists, single pages, forms."""
    product, order = Product.objects.order_by("pk")[0], Order.objects.order_by("pk")[0]
    filtered = [(slug, query) for slug, _mark, query in (each.partition("?") for each in FILTERED)]
    pages = [registry.get(slug).url for slug in LISTS]
    pages += [f"{registry.get(slug).url}?{query}" for slug, query in filtered]
    pages += [reverse(name) for name in PLACES]
    pages += [reverse("product", args=[product.pk]), order.get_absolute_url(), f"{reverse('search')}?q=kettle"]
    parts = [registry.get(slug).url for slug in LISTS[:3]]
    return [*((page, {}) for page in pages), *((part, PART) for part in parts)]


class Crowd(Job):
    """Jobs with a server. Its data are those of the run, its queue one that no worker looks at."""

    options: Sequence[str] = ()  # of the server besides those of the image

    def set_up(self) -> None:
        self.sign_in(profile())
        self.start()
        self._wait()
        self.walk(people=8, requests=2 * len(self.addresses))

    def tear_down(self) -> None:
        self.stop()

    def sign_in(self, addresses: Sequence[Address]) -> None:
        """Have the addresses, each of which answers 200, and the cookie that they are asked for with."""
        client = Client(SERVER_NAME="localhost")
        client.force_login(bench_user())
        self.addresses = addresses
        for path, headers in self.addresses:
            if (status := client.get(path, headers=headers).status_code) != 200:
                raise RuntimeError(f"{path} answered {status}.")
        self.cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        connections["default"].close()

    def start(self, **environment: str) -> None:
        (self.port,) = free_ports(1)
        self.said = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed when the server is stopped)
        self.server = subprocess.Popen(
            self._command(), cwd=CHECKOUT, env=self._environment() | environment, stdout=self.said, stderr=self.said
        )

    def stop(self) -> None:
        self.server.terminate()
        self.server.wait(timeout=150)  # it lets its workers finish for 120
        self.said.close()

    def _command(self) -> list[str]:
        """That of the image, on a port of its own."""
        found = re.findall(r"^CMD (\[.*\])$", IMAGE.read_text(), re.MULTILINE)
        program, *arguments = json.loads(found[-1])
        arguments[arguments.index("--bind") + 1] = f"127.0.0.1:{self.port}"
        return [str(Path(sys.executable).with_name(program)), *arguments, *self.options]

    def _environment(self) -> dict[str, str]:
        database = connections["default"].settings_dict
        host, port = quote(database["HOST"], safe=""), f":{database['PORT']}" if database["PORT"] else ""
        password = f":{quote(database['PASSWORD'], safe='')}" if database["PASSWORD"] else ""
        address = f"postgresql://{database['USER']}{password}@{host}{port}/{database['NAME']}"
        memory = dict(re.findall(r"\b(MALLOC_\w+)=(\S+)", IMAGE.read_text()))
        return (
            os.environ
            | memory
            | {
                "DATABASE_URL": address,
                "REDIS_URL": settings.REDIS_URL.replace("db=0", "db=9"),
                "SECRET_KEY": settings.SECRET_KEY,
                "ALLOWED_HOSTS": "127.0.0.1",
                "OPS_LOG_LEVEL": "ERROR",
            }
        )

    def _wait(self) -> None:
        until = time.monotonic() + 90
        while time.monotonic() < until and self.server.poll() is None:
            try:
                with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as link:
                    self.get(link, self.addresses[0])
                    return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError("The web server did not start.")

    def get(self, connection: HTTPConnection, address: Address) -> float:
        """Seconds until all of the answer is there. Raises RuntimeError for one that is not 200."""
        path, headers = address
        start = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": self.cookie, **headers})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            self.said.seek(0)
            raise RuntimeError(f"{path} answered {answer.status}: {self.said.read()[-2_000:]}")
        return time.perf_counter() - start

    def walk(self, *, people: int, requests: int = 0, seconds: float = 0) -> list[float]:
        """The waits of `people` who each go on through the addresses, from a place of their own."""
        waits: list[float] = []
        until = time.monotonic() + (seconds or 3_600)
        errors: list[BaseException] = []

        def one(number: int) -> None:
            connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
            place = number % len(self.addresses)
            own = cycle([*self.addresses[place:], *self.addresses[:place]])
            try:
                for address in islice(own, requests // people if requests else None):
                    if time.monotonic() > until:
                        break
                    waits.append(self.get(connection, address))
            except BaseException as error:
                errors.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=(number,)) for number in range(people)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return waits


@register
class People(Crowd):
    name = "P21"
    title = "Thirty mixed pages at the web server of the image, 16 and 64 people at once"

    def set_up(self) -> None:
        self.seconds = 2 if self.scale.name == "XS" else 10
        self.ratios: dict[int, float] = {}
        self.broken: list[Exception] = []
        super().set_up()

    def ways(self) -> Sequence[Way]:
        return [
            Way("16 people", partial(self.phase, 16), warm_up=False, most_rounds=3),
            Way("64 people", partial(self.phase, 64), warm_up=False, most_rounds=3),
            Way("16 beside an export and an upload", self.beside, warm_up=False, most_rounds=3),
        ]

    def phase(self, people: int, name: str = "") -> float:
        start = time.perf_counter()
        waits = self.walk(people=people, seconds=self.seconds)
        rate = len(waits) / (time.perf_counter() - start)
        shares = quantiles(waits, n=100)
        key = name or f"{people} people"
        self.facts[f"{key}: requests a second"] = f"{rate:.1f}"
        self.facts[f"{key}: 50, 95, 99 %"] = ", ".join(f"{shares[each] * 1000:.0f} ms" for each in (49, 94, 98))
        if not name:
            self.ratios[people] = shares[94] / shares[49]
        return median(waits)

    def beside(self) -> float:
        """While somebody exports all events, and somebody uploads files, one after the other."""
        done = threading.Event()
        others = [threading.Thread(target=self.go_on, args=(work, done)) for work in (self.export, self.upload)]
        for each in others:
            each.start()
        try:
            return self.phase(16, "16 beside an export and an upload")
        finally:
            done.set()
            for each in others:
                each.join()
            if self.broken:
                raise self.broken[0]

    def go_on(self, work: Callable[[], None], done: threading.Event) -> None:
        try:
            while not done.is_set():
                work()
        except Exception as error:
            self.broken.append(error)

    def export(self) -> None:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=120)) as connection:
            self.get(connection, (f"{registry.get('events-ledger').url}?_export=csv", {"Accept": "text/csv"}))

    def upload(self) -> None:
        border, name, token = "-" * 20, uuid.uuid4().hex, "a" * 32
        body = (
            f'--{border}\r\nContent-Disposition: form-data; name="empty"\r\n\r\nkeep\r\n'
            f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}.csv"\r\n'
            f"Content-Type: text/csv\r\n\r\n{FILE}{name},Another\r\n--{border}--\r\n"
        )
        headers = {
            "Cookie": f"{self.cookie}; {settings.CSRF_COOKIE_NAME}={token}",
            "X-CSRFToken": token,
            "Content-Type": f"multipart/form-data; boundary={border}",
        }
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=120)) as connection:
            connection.request("POST", reverse("import-new"), body=body.encode(), headers=headers)
            answer = connection.getresponse()
            answer.read()
        if answer.status != 302:
            raise RuntimeError(f"The upload was answered {answer.status}.")

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        found = [at_most(f"{people} people: 95 % to the median", ratio, 4) for people, ratio in self.ratios.items()]
        apart, beside = times["16 people"].seconds, times["16 beside an export and an upload"].seconds
        return [*found, at_most("median beside an export and an upload", beside / apart, 1.2)]


@register
class Kept(Crowd):
    name = "P22"
    title = "Memory of a web process after 10,000 mixed requests"
    options = ("--workers", "1", "--max-requests", "0")

    def ways(self) -> Sequence[Way]:
        self.requests = 200 if self.scale.name == "XS" else 10_000
        return [Way(f"{self.requests:,} requests", self.run, warm_up=False, most_rounds=1)]

    def run(self) -> None:
        self.walk(people=8, requests=104)
        self.early = self.memory()
        self.walk(people=8, requests=self.requests)
        self.late = self.memory()

    def memory(self) -> float:
        """Megabytes of the server's only worker."""
        children = Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children").read_text().split()
        return max(
            int(line.split()[1]) / 1024
            for child in children
            for line in Path(f"/proc/{child}/status").read_text().splitlines()
            if line.startswith("VmRSS")
        )

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        self.facts["after 100 requests more than the start"] = f"{self.early:.0f} MB"
        return [
            at_most("then to before", self.late / self.early, 1.1),
            at_most("a web process", self.late, 150, "MB"),
        ]
