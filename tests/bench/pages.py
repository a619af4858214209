"""P24: what each kind of page costs the processor of a web process."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from statistics import median

from django.db import connection
from django.test import Client
from django.urls import reverse

from inventory_ops.kit.reports import registry
from inventory_ops.models import Order, Product
from lost_damaged.models import Statement
from tests.bench.closing import FORGET, LINES, STATEMENTS
from tests.bench.generate import execute
from tests.bench.job import Goal, Job, Timing, Way, at_most, register
from tests.bench.lists import FirstPages, bench_user

LISTS = (*FirstPages.slugs, "products", "orders")
FORMS = ("stock-adjust", "import-new", "tracker-new", "automation-new")
PART = {"HX-Request": "true", "HX-Target": "report-results"}
STATEMENT_LINES = 200
REQUESTS = 10  # a page is the median of these
PAGE, SWAPPED = 12, 9  # ms; the part is a quarter of the 35 ms that a list took when the goal was set


@register
class Pages(Job):
    name = "P24"
    title = (
        "Processor time of lists of 50 rows and their parts, of forms, the Overview, an order, a product, a statement"
    )

    def set_up(self) -> None:
        execute(STATEMENTS, self.scale, sellers=1)
        with connection.cursor() as cursor:
            cursor.execute(LINES, {"sellers": 1, "lines": STATEMENT_LINES})
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(bench_user())
        lists = {slug: registry.get(slug).url for slug in LISTS}
        forms = {name: reverse(name) for name in FORMS}
        single = {
            "overview": reverse("overview"),
            "order": Order.objects.order_by("pk")[0].get_absolute_url(),
            "product": reverse("product", args=[Product.objects.order_by("pk")[0].pk]),
            "statement": reverse("statement", args=[Statement.objects.get(number="BENCH-1").number]),
        }
        self.pages = lists | forms | single
        self.parts = {f"{slug}: its part": url for slug, url in lists.items()}

    def tear_down(self) -> None:
        execute(FORGET, self.scale)

    def ways(self) -> Sequence[Way]:
        pages = [Way(name, partial(self.processor, url, {})) for name, url in self.pages.items()]
        return [*pages, *(Way(name, partial(self.processor, url, PART)) for name, url in self.parts.items())]

    def processor(self, url: str, headers: Mapping[str, str]) -> float:
        """Seconds of this process for a request; those of PostgreSQL are its own (P4, P5)."""
        seconds = []
        for _request in range(REQUESTS):
            start = time.process_time()
            status = self.client.get(url, headers=headers).status_code
            seconds.append(time.process_time() - start)
            if status != 200:
                raise RuntimeError(f"{url} answered {status}.")
        return median(seconds)

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        return [
            *(at_most(name, times[name].seconds * 1000, PAGE, "ms") for name in self.pages),
            *(at_most(name, times[name].seconds * 1000, SWAPPED, "ms") for name in self.parts),
        ]
