"""P7 and P8: the scans that keep findings, and the search for products."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from statistics import median

from django.db.models import Q
from django.utils import timezone

from inventory_ops.kit.reports import registry
from inventory_ops.models import Finding, Product
from inventory_ops.operations import findings
from inventory_ops.queries import search
from tests.bench.job import Goal, Job, Timing, Way, at_least, at_most, register
from tests.bench.lists import bench_user, by_every_sort

REPORTS = (
    "inventory-cost-issues",
    "shipping-issues",
    "order-cost-issues",
    "products-without-orders",
    "abandoned-checkouts",
)


LONG = REPORTS[3:]
OWNED = 60  # findings of each long list that have an owner: more than a page


@register
class Findings(Job):
    name = "P7"
    title = "Scans that find what the last ones found, and the long lists in the order of what they found"

    def set_up(self) -> None:
        self.user = bench_user()
        start = time.perf_counter()
        for slug in REPORTS:
            findings.scan_report(registry.get(slug), as_of=timezone.now())
        self.facts["first scan of all five"] = f"{time.perf_counter() - start:.1f} s"
        self.facts["findings"] = f"{Finding.objects.count():,}"
        for slug in LONG:
            for found in Finding.objects.filter(report=slug)[:OWNED]:
                findings.assign(finding=found, to=self.user, by=self.user)
        self.written = 0

    def ways(self) -> Sequence[Way]:
        scans = [Way(slug, partial(self.scan, slug), most_rounds=3) for slug in REPORTS]
        return [*scans, *(Way(f"{slug}: slowest sort", partial(self.every_sort, slug)) for slug in LONG)]

    def every_sort(self, slug: str) -> float:
        """The seconds of a page in the slowest order by what a scan found."""
        times = by_every_sort(registry.get(slug), self.user, late=True)
        seconds, sort = max(times)
        self.facts[f"{slug}: slowest sort is"] = f"{sort} (of {len(times)})"
        return seconds

    def scan(self, slug: str) -> float:
        """The seconds of a scan of now, for which time may have changed some rows; then it is done once more."""
        start, as_of = time.perf_counter(), timezone.now()
        findings.scan_report(registry.get(slug), as_of=as_of)
        seconds = time.perf_counter() - start
        counts = findings.scan_report(registry.get(slug), as_of=as_of)
        self.written += counts.opened + counts.changed + counts.resolved
        return seconds

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        total = sum(times[slug].seconds for slug in REPORTS) * 1000
        return [
            Goal("rows written by a scan of the same moment: 0", str(self.written), self.written == 0),
            at_most("all five scans", total, 300, "ms"),
            *(
                at_most(f"{slug}: slowest sort by finding", times[f"{slug}: slowest sort"].seconds * 1000, 5, "ms")
                for slug in LONG
            ),
        ]


@register
class Search(Job):
    name = "P8"
    title = "Product search, any length of input"

    def set_up(self) -> None:
        skus = Product.objects.order_by("pk").values_list("sku", flat=True)
        some = [skus[n * (self.scale.products - 1) // 9] for n in range(10)]
        self.texts = [
            *some,
            *(sku[:8] for sku in some),
            *(sku[-6:] for sku in some),
            *("sk", "SKU", "ke", "kettle", "lamp", "mug", "kettle 1", "candle ab", "no such thing", "zz", "0", "%_"),
        ]

    def ways(self) -> Sequence[Way]:
        return [
            Way("ours, typical", lambda: median(self.each())),
            Way("ours, slowest", lambda: max(self.each())),
            Way("icontains without an index", self.unindexed, most_rounds=3),
        ]

    def each(self) -> list[float]:
        times = []
        for text in self.texts:
            start = time.perf_counter()
            search.choices(text=text, viewer=None, most=search.HITS)
            times.append((time.perf_counter() - start, text))
        self.facts["the slowest text is"] = repr(max(times)[1])
        return [seconds for seconds, _text in times]

    def unindexed(self) -> float:
        times = []
        for text in (self.texts[0], "candle ab", "no such thing"):
            start = time.perf_counter()
            list(Product.objects.filter(Q(sku__icontains=text) | Q(name__icontains=text)).order_by("sku")[:6])
            times.append(time.perf_counter() - start)
        return median(times)

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        typical = times["ours, typical"].seconds
        return [
            at_most("typical", typical * 1000, 5, "ms"),
            at_most("slowest", times["ours, slowest"].seconds * 1000, 10, "ms"),
            at_least("unindexed to ours", times["icontains without an index"].seconds / typical, 20, needs="M"),
        ]
