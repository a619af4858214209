"""Charts drawn on the server: what is drawn says what the table says, to scale, and nothing gets out of it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from inventory_ops.kit import charts
from inventory_ops.kit.charts import Bar, Columns, Point, Series
from inventory_ops.kit.reports import Window, periods

RECT = re.compile(r'<rect class="chart-([a-z]+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)">')


def drawn(chart: Columns) -> list[tuple[str, float, float, float]]:
    """Tone, x, top and height of each bar."""
    return [(tone, float(x), float(y), float(h)) for tone, x, y, _w, h in RECT.findall(chart.svg)]


def chart(*points: Point, series: tuple[Series, ...] = (Series("Rows"),), stacked: bool = False) -> Columns:
    return Columns("Rows", series, points, "Day", stacked=stacked)


def test_heights_are_to_scale_and_nothing_is_no_bar() -> None:
    found = drawn(chart(*(Point(str(n), [n], [str(n)]) for n in (0, 5, 10))))
    assert [round(height) for _tone, _x, _y, height in found] == [49, 98]
    assert found[0][1] > charts.STEP and found[0][2] + found[0][3] == pytest.approx(found[1][2] + found[1][3])


def test_what_goes_out_is_drawn_below_the_axis() -> None:
    series = (Series("Opened", "critical"), Series("Resolved", "good", below=True))
    up, down = drawn(chart(Point("d", [3, 1], ["3", "1"]), series=series))
    assert up[0] == "critical" and down[0] == "good"
    assert up[2] + up[3] == pytest.approx(down[2])  # both begin at the axis


def test_parts_of_a_whole_lie_on_each_other() -> None:
    series = (Series("A"), Series("B", "good"))
    first, second = drawn(chart(Point("d", [1, 3], ["1", "3"]), series=series, stacked=True))
    assert first[1] == second[1] and second[2] + second[3] == pytest.approx(first[2])


def test_texts_and_addresses_are_escaped() -> None:
    point = Point('<i>"', [1], ["<b>1</b>"], ['/list/?q="><script>'])
    assert "<script" not in chart(point).svg and "<b>" not in chart(point).svg and "<i>" not in chart(point).svg
    assert chart(point).most == "<b>1</b>"  # the template escapes it


def test_the_width_of_a_bar() -> None:
    def width(bar: Bar) -> float:
        return float(re.findall(r' width="([\d.]+)" height="8"/></svg>', bar.svg)[0])

    assert width(Bar("a", "1", end=100)) == 100
    assert width(Bar("a", "0")) == 0
    assert width(Bar("a", "0", start=40, end=40)) == 0
    assert width(Bar("a", "1", end=0.001)) > 0.5  # what is there can be seen
    assert width(Bar("a", "1", start=80, end=30)) == 50
    assert charts.shares([4, 1, 0]) == [100, 25, 0] and charts.shares([]) == []


@pytest.mark.parametrize(
    ("days", "unit", "count"), [(7, "day", 8), (30, "day", 31), (90, "week", 14), (365, "month", 13)]
)
def test_a_window_is_drawn_by_day_week_or_month(days: int, unit: str, count: int) -> None:
    end = datetime(2026, 11, 28, 12, tzinfo=UTC)
    found = periods.of(Window(end - timedelta(days=days), end))
    assert (found.unit, len(found.spans)) == (unit, count)
    assert found.spans[-1].last == date(2026, 11, 28) and found.spans[0].first == (end - timedelta(days=days)).date()
    for span, following in zip(found.spans, found.spans[1:], strict=False):
        assert span.last + timedelta(days=1) == following.first
    assert not found.spans[0].is_whole and all(span.is_whole for span in found.spans[1:])  # it begins at noon


def test_the_spans_of_a_very_long_window_are_the_last_ones() -> None:
    end = datetime(2026, 11, 28, 12, tzinfo=UTC)
    found = periods.of(Window(datetime(1970, 1, 1, tzinfo=UTC), end))
    assert len(found.spans) == periods.MOST_MONTHS and found.spans[-1].last == end.date()
    assert found.at(date(2026, 11, 1)) == len(found.spans) - 1 and found.at(date(1999, 1, 1)) is None
