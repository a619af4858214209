"""Charts drawn on the server: a line of bars over time, and a table whose rows have a bar each.

Shapes are SVG without text, stretched to the width there is; words and numbers stand in HTML around them, so that they
keep their size on a phone and on paper. What a chart shows also stands in a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

HEIGHT = 100  # of the drawing, in its own units
STEP, GAP = 12, 2  # of a column, and what is left free beside it
TONES = frozenset({"brand", "critical", "good", "warning", "neutral"})

type Number = int | float | Decimal


@dataclass(frozen=True, slots=True)
class Series:
    """What a chart shows of each point. `below`: drawn downwards from the axis, as what goes out of something."""

    label: str
    tone: str = "brand"
    below: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One span of time. `texts` say the values in words, and `urls` open what was counted ('' where nothing does)."""

    label: str
    values: Sequence[Number]
    texts: Sequence[str]
    urls: Sequence[str] = ()
    note: str = ""

    @property
    def cells(self) -> list[tuple[str, str]]:
        """What the table says: each value's text and address."""
        urls = self.urls or [""] * len(self.texts)
        return list(zip(self.texts, urls, strict=True))


@dataclass(frozen=True, slots=True)
class Columns:
    """Upright bars over time; `first` and `last` are the ends of the axis."""

    title: str
    series: Sequence[Series]
    points: Sequence[Point]
    head: str  # of the table's first column
    hint: str = ""
    stacked: bool = False  # are the values parts of a whole, one on top of the other?
    kind: str = "columns"

    @property
    def first(self) -> str:
        return self.points[0].label if self.points else ""

    @property
    def last(self) -> str:
        return self.points[-1].label if len(self.points) > 1 else ""

    @property
    def most(self) -> str:
        """The largest value's text, which gives the drawing its scale."""
        found = [pair for point in self.points for pair in zip(point.values, point.texts, strict=True)]
        return max(found, key=lambda pair: float(pair[0]), default=(0, ""))[1]

    @property
    def has_values(self) -> bool:
        return any(value for point in self.points for value in point.values)

    @property
    def svg(self) -> SafeString:
        """The drawing. The table behind it says the same, so assistive technology passes it over."""
        return _columns(self.series, self.points, stacked=self.stacked)


@dataclass(frozen=True, slots=True)
class Bar:
    """A row: what it is called, its number, and an amount. `start` and `end` are percent of the width."""

    label: str
    text: str
    amount: str = ""
    start: float = 0
    end: float = 0
    url: str = ""
    tone: str = "brand"
    is_total: bool = False

    @property
    def svg(self) -> SafeString:
        low, high = min(self.start, self.end), max(self.start, self.end)
        return format_html(
            '<svg class="chart-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" '
            'focusable="false"><rect class="chart-track" width="100" height="8"/>'
            '<rect class="chart-{}" x="{}" width="{}" height="8"/></svg>',
            self.tone,
            f"{low:.3f}",
            f"{max(high - low, 0.6 if high > low else 0):.3f}",
        )


@dataclass(frozen=True, slots=True)
class Bars:
    """A table of rows with a bar each. `heads` are those of its columns; `note` says what is not shown."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Bar]
    note: str = ""
    hint: str = ""
    kind: str = "bars"

    @property
    def has_amounts(self) -> bool:
        return any(row.amount for row in self.rows)


type Chart = Columns | Bars


def shares(counts: Sequence[Number]) -> list[float]:
    """Percent of the largest, for bars that begin at the left."""
    most = max((float(count) for count in counts), default=0.0)
    return [100 * float(count) / most if most > 0 else 0.0 for count in counts]


def _tallest(series: Sequence[Series], points: Sequence[Point], *, below: bool, stacked: bool) -> float:
    most = 0.0
    for point in points:
        values = [float(value) for value, each in zip(point.values, series, strict=True) if each.below == below]
        most = max(most, sum(values) if stacked else max(values, default=0.0))
    return most


def _columns(series: Sequence[Series], points: Sequence[Point], *, stacked: bool = False) -> SafeString:
    above = _tallest(series, points, below=False, stacked=stacked)
    below = _tallest(series, points, below=True, stacked=stacked)
    scale = (HEIGHT - 2) / (above + below) if above + below > 0 else 0.0
    axis = 1 + above * scale if scale else HEIGHT - 1
    sides = [1, 1] if stacked else [sum(not s.below for s in series), sum(s.below for s in series)]
    shapes: list[SafeString] = []
    for index, point in enumerate(points):
        seen, piled = [0, 0], [0.0, 0.0]
        for value, text, url, each in zip(
            point.values, point.texts, point.urls or [""] * len(series), series, strict=True
        ):
            width = (STEP - GAP) / sides[each.below]
            x = index * STEP + GAP / 2 + (0 if stacked else seen[each.below] * width)
            seen[each.below] += 1
            if height := abs(float(value)) * scale:
                lift = piled[each.below] if stacked else 0
                piled[each.below] += height
                rect = format_html(
                    '<rect class="chart-{}" x="{}" y="{}" width="{}" height="{}"><title>{}: {}</title></rect>',
                    each.tone,
                    f"{x:.2f}",
                    f"{axis + lift if each.below else axis - height - lift:.2f}",
                    f"{width:.2f}",
                    f"{max(height, 1):.2f}",
                    point.label,
                    f"{text} {each.label}" if len(series) > 1 else text,
                )
                shapes.append(format_html('<a href="{}" tabindex="-1">{}</a>', url, rect) if url else rect)
    width = max(len(points) * STEP, 1)
    return format_html(
        '<svg class="chart-columns" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true" '
        'focusable="false">{}<line class="chart-axis" x1="0" x2="{}" y1="{}" y2="{}"/></svg>',
        width,
        HEIGHT,
        format_html_join("", "{}", ((shape,) for shape in shapes)),
        width,
        f"{axis:.2f}",
        f"{axis:.2f}",
    )
