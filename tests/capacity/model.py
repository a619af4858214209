"""From what one write and one page cost to nodes, disk and operations of the disk. All assumptions stand here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import ceil

from tests.capacity.queue import threads_for

DAY = 86_400  # seconds
# Of a day, per SKU unless said otherwise. The hour with the most work has PEAK times the mean of the day.
LINES = 0.1  # order lines: each is loaded, shipped, and moves stock twice
MOVES_OF_A_LINE = 2  # events in the ledger
ADJUSTMENTS = 0.01
WRITE_OFFS_OF_LINES = 0.001
TRACKERS = 1  # a SKU, whose health is looked at each day and after each of its changes
PEOPLE_FOR_A_MILLION = 200  # of the shop and of its sellers, at a million SKUs; grows with the square root
PAGES = 300  # a person and day
PEAK = 4
MONTHS_KEPT = 24
BUSY = 0.6  # of a processor: above it, waits grow
NODE = 16  # processors of one web or worker node
LARGEST = 64  # processors of the largest database server that is easily had
MEMORY = 768  # gigabytes of it
LOG_LIMIT = 400e6  # bytes of log a second that it writes and sends to its standbys
BLOCK = 8192
WITHIN = 1.5  # times what 95 % of pages take by themselves: so long do 95 % of people wait at most


@dataclass(frozen=True, slots=True)
class Costs:
    """What `manage.py bench --only P25` measured; times are of one processor, in µs, sizes in bytes."""

    adjustment_database: float
    adjustment_ours: float
    adjustment_log: float
    adjustment_pages: float
    write_off_database: float
    write_off_ours: float
    write_off_log: float
    write_off_pages: float
    line_database: float
    line_ours: float
    line_log: float
    line_pages: float
    page_database: float
    page_ours: float
    tracker_database: float
    syncs_at_once: float  # waits for the disk of one write when many write at once
    line_bytes: float
    event_bytes: float
    product_bytes: float
    tracker_bytes: float
    balance_bytes: float


@dataclass(frozen=True, slots=True)
class Needs:
    """What one size needs, at its busiest hour; `limit` says what ends first with one primary, and at which size."""

    skus: int
    people: int
    lines_a_day: int
    pages_a_second: float
    writes_a_second: float
    web_processors: int
    web_nodes: int
    threads: int
    worker_processors: int
    worker_nodes: int
    database_processors: int
    log_megabytes_a_second: float
    log_gigabytes_a_day: float
    disk_operations_a_second: int
    memory_gigabytes: int
    disk_gigabytes_now: int
    disk_gigabytes_a_year: int
    one_primary: str


def needs(skus: int, costs: Costs) -> Needs:
    """What a marketplace of so many SKUs needs."""
    lines = skus * LINES
    adjustments, write_offs = skus * ADJUSTMENTS, lines * WRITE_OFFS_OF_LINES
    people = round(PEOPLE_FOR_A_MILLION * (skus / 1e6) ** 0.5)
    pages = people * PAGES
    at_peak = PEAK / DAY  # from a day's number to that of a second
    per_day = {"adjustment": adjustments, "write_off": write_offs, "line": lines}

    def total(part: str) -> float:
        return sum(number * getattr(costs, f"{kind}_{part}") for kind, number in per_day.items())

    database = (total("database") + pages * costs.page_database + skus * TRACKERS * costs.tracker_database) / 1e6
    web = (adjustments * costs.adjustment_ours + write_offs * costs.write_off_ours + pages * costs.page_ours) / 1e6
    worker = lines * costs.line_ours / 1e6
    commits = (adjustments + write_offs) * at_peak
    # a page is written at the next checkpoint, once, however often it changed: so this is the most
    written = total("pages") * at_peak
    now = skus * (costs.product_bytes + costs.tracker_bytes * TRACKERS + costs.balance_bytes)
    yearly = 365 * (lines * costs.line_bytes + (lines * MOVES_OF_A_LINE + adjustments + write_offs) * costs.event_bytes)
    hot = (now + yearly / 12) / 1e9  # products, stock and trackers, and the orders and events of a month
    log = total("log") + total("pages") * BLOCK  # at most: a page that changes twice between checkpoints is whole once
    web_processors, worker_processors = _processors(web), _processors(worker)
    return Needs(
        skus=skus,
        people=people,
        lines_a_day=round(lines),
        pages_a_second=round(pages * at_peak, 1),
        writes_a_second=round((lines + adjustments + write_offs) * at_peak, 1),
        web_processors=web_processors,
        web_nodes=max(2, ceil(web_processors / NODE)),
        threads=threads_for(pages * at_peak, (costs.page_ours + costs.page_database) / 1e6, within=WITHIN),
        worker_processors=worker_processors,
        worker_nodes=max(2, ceil(worker_processors / NODE)),
        database_processors=_processors(database),
        log_megabytes_a_second=round(log * at_peak / 1e6, 1),
        log_gigabytes_a_day=round(log / 1e9, 1),
        disk_operations_a_second=round(commits * costs.syncs_at_once + written),
        memory_gigabytes=ceil(hot),
        disk_gigabytes_now=round(now / 1e9),
        disk_gigabytes_a_year=round(yearly / 1e9),
        one_primary=_verdict(_processors(database), hot, log * at_peak),
    )


def most_a_second(costs: Costs) -> Mapping[str, tuple[float, str]]:
    """Where one primary ends, of each kind of write by itself: so many a second, and what ends it."""
    found = {}
    for kind in ("adjustment", "write_off", "line"):
        by_processor = LARGEST * BUSY * 1e6 / getattr(costs, f"{kind}_database")
        by_log = LOG_LIMIT / (getattr(costs, f"{kind}_log") + getattr(costs, f"{kind}_pages") * BLOCK)
        found[kind] = (by_processor, "processors") if by_processor <= by_log else (by_log, "log")
    return found


def _processors(seconds_a_day: float) -> int:
    return max(1, ceil(seconds_a_day * PEAK / DAY / BUSY))


def _verdict(processors: int, memory: float, log: float) -> str:
    if processors > LARGEST:
        return f"no: {processors} processors"
    if memory > MEMORY:
        return f"no: {memory:,.0f} GB of memory"
    return f"no: {log / 1e6:,.0f} MB of log a second" if log > LOG_LIMIT else "yes"


def columns() -> list[str]:
    return [each.name for each in fields(Needs)]
