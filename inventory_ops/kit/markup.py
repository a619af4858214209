"""Small pieces of the interface as plain functions; `templatetags/ui.py` makes them tags of templates.

Each returns escaped, safe HTML and no inline style, so all of them hold under the strict
Content-Security-Policy. They are called once per table cell, hence string formatting instead of
templates.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from html import escape as escaped

from django.templatetags.static import static
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from iso4217 import Currency

from inventory_ops.kit import showing

MINUS = "\N{MINUS SIGN}"
NO_TIME, MINUTE = timedelta(0), timedelta(minutes=1)
TONES = frozenset({"critical", "warning", "good", "neutral", "flash", "brand"})
HEALTH_TONES = {
    "healthy": "good",
    "low": "warning",
    "critical": "critical",
    "stock_out": "critical",
    "no_sales": "neutral",
    "no_data": "neutral",
}

type Number = int | float | Decimal


def escape(text: object) -> SafeString:
    """What Django's `escape` gives, without its look for lazy texts in each argument: that is most of its time."""
    return SafeString(escaped(str(text)))


def _safe(html: str) -> SafeString:
    """Mark markup of this module as safe: each text put into it went through `escape` before."""
    return SafeString(html)


@lru_cache(maxsize=512)
def icon(name: str, label: str | None = None, size: int = 18) -> SafeString:
    """Icon `name` of the local sprite, `size` px square; decorative unless `label` says what it means."""
    meaning = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html(
        '<svg class="icon" width="{}" height="{}" fill="none" stroke="currentColor" stroke-linecap="round" '
        'stroke-linejoin="round" focusable="false" {}><use href="{}#{}"/></svg>',
        size,
        size,
        meaning,
        static("vendor/icons/icons.svg"),
        name,
    )


def badge(tone: str, text: str) -> SafeString:
    """Status as colour, word and mark (dot, ring, tick, square, bolt). Raises ValueError on an unknown tone."""
    if tone not in TONES:
        raise ValueError(f"Unknown tone {tone!r}: use one of {', '.join(sorted(TONES))}.")
    mark = icon("bolt", None, 12) if tone == "flash" else ""
    return _safe(f'<span class="badge-status is-{tone}">{mark}{escape(text)}</span>')


def health_bar(ratio: Decimal | None, state: str) -> SafeString:
    """Bar of 84 × 6 with its percentage beside it, coloured by a tracker's `state`.

    `ratio` is 1 at 100 %. The fill stops at 100 %, the number does not; None shows an empty track.
    """
    tone = HEALTH_TONES.get(state, "neutral")
    if ratio is None:
        text = escape(_("No sales") if state == "no_sales" else _("No data"))
        return _safe(f'<span class="health is-neutral">{_bar(0)}<span class="health-text">{text}</span></span>')
    percent = number((ratio * 100).to_integral_value(ROUND_FLOOR))
    width = min(max(float(ratio), 0.0), 1.0) * 84
    return _safe(f'<span class="health is-{tone}">{_bar(width)}<span class="health-text">{percent}%</span></span>')


def _bar(width: float) -> str:
    fill = f'<rect class="health-fill" width="{width:.4g}" height="6" rx="3"/>' if width else ""
    return (
        '<svg class="health-bar" width="84" height="6" viewBox="0 0 84 6" aria-hidden="true" focusable="false">'
        f'<rect class="health-track" width="84" height="6" rx="3"/>{fill}</svg>'
    )


def sparkline(values: Sequence[Number | None], label: str) -> SafeString:
    """Line of 96 × 28 with a soft area and an end dot; gaps (None) are skipped, empty below two values.

    `label` says in words what the line shows.
    """
    points = [(index, float(value)) for index, value in enumerate(values) if value is not None]
    if len(points) < 2:
        return SafeString("")
    low, high = min(y for _x, y in points), max(y for _x, y in points)
    step = 90 / (len(values) - 1)
    scale = 22 / (high - low) if high > low else 0.0
    placed = [(3 + x * step, 25 - (y - low) * scale if scale else 14.0) for x, y in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    last_x, last_y = placed[-1]
    return _safe(
        f'<svg class="sparkline" width="96" height="28" viewBox="0 0 96 28" role="img" aria-label="{escape(label)}">'
        f'<polygon class="sparkline-area" points="{placed[0][0]:.1f},28 {line} {last_x:.1f},28"/>'
        f'<polyline class="sparkline-line" points="{line}"/>'
        f'<circle class="sparkline-dot" cx="{last_x:.1f}" cy="{last_y:.1f}" r="2"/></svg>'
    )


def delta(value: Number | str | None, good: bool | None = None) -> SafeString:
    """Change since last time, coloured by whether it is good (None: neither), not by its direction.

    A text is taken as written ("+8.3%"); a leading minus of either kind makes it a fall.
    """
    if value is None or value == "":
        return SafeString("")
    if isinstance(value, str):
        text, falling = value.replace("-", MINUS, 1) if value.startswith("-") else value, value[0] in ("-", MINUS)
    elif value == 0:
        return _safe(f'<span class="delta">{escape(_("no change"))}</span>')
    else:
        text, falling = ("" if value < 0 else "+") + number(value), value < 0
    tone = {True: " is-good", False: " is-bad", None: ""}[good]
    arrow = icon("trending-down" if falling else "trending-up", None, 14)
    return _safe(f'<span class="delta{tone}">{arrow}{escape(text)}</span>')


def number(value: Number | None, places: int | None = None) -> SafeString:
    """Number with thousands separators and a true minus; `places` decimals, by default as many as it has."""
    if value is None:
        return SafeString("")
    text = format(value, "," if places is None else f",.{places}f")
    return _safe(showing.plain_number(text).replace("-", MINUS))


def short(value: Number | None, places: int = 2) -> SafeString:
    """A number with `places` decimals, rounded half up; a whole one has none."""
    if value is None:
        return SafeString("")
    rounded = Decimal(str(value)).quantize(_unit(places), ROUND_HALF_UP)
    return number(rounded, places if rounded % 1 else 0)


def money(amount: Decimal | None, currency: str | None = None) -> SafeString:
    """Amount with the minor units of `currency` (ISO 4217), two without one. The code itself belongs in the head."""
    if amount is None:
        return SafeString("")
    places = _minor_units(currency) if currency else 2
    return number(amount.quantize(_unit(places), ROUND_HALF_UP), places)


def unit_money(amount: Decimal | None, currency: str | None = None) -> SafeString:
    """A price of one unit: as `money`, but with the decimals beyond the currency's smallest unit that it has."""
    if amount is None:
        return SafeString("")
    places = _minor_units(currency) if currency else 2
    rounded = amount.quantize(_unit(places), ROUND_HALF_UP)
    if rounded != amount:
        exponent = amount.normalize().as_tuple().exponent
        places = max(places, -exponent if isinstance(exponent, int) else 0)
        rounded = amount.quantize(_unit(places))
    return number(rounded, places)


def amount(value: Decimal | None, currency: str | None) -> SafeString:
    """Money as it stands anywhere without a head that names its currency: the code, and the number in its digits."""
    return _with_code(money(value, currency), currency)


def unit_amount(value: Decimal | None, currency: str | None) -> SafeString:
    """The same for the price of one unit."""
    return _with_code(unit_money(value, currency), currency)


def _with_code(number: SafeString, currency: str | None) -> SafeString:
    if not number or not currency:
        return number
    return _safe(f"{_before_amount(currency)}{number}</span>")


@lru_cache(maxsize=256)
def _before_amount(currency: str) -> str:
    return f'<span class="amount"><span class="currency">{escape(currency)}</span> '


@cache
def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


@lru_cache(maxsize=256)
def _minor_units(currency: str) -> int:
    """Decimals of a currency; 2 when the code is unknown or has no minor unit defined."""
    try:
        exponent = Currency(currency).exponent
    except ValueError:
        return 2
    return 2 if exponent is None else int(exponent)


def ago(moment: datetime | None, now: datetime) -> SafeString:
    """How long ago `moment` was, in words, with the exact time as its title; empty for None."""
    if moment is None:
        return SafeString("")
    age = now - moment
    if NO_TIME <= age < MINUTE:
        words = _("just now")
    else:
        words = _ago(*_largest(abs(age)), age > NO_TIME, translation.get_language())
    return _safe(
        f'<time datetime="{moment.isoformat()}" title="{escape(showing.moment(moment))}">{escape(words)}</time>'
    )


@lru_cache(maxsize=2_000)
def _ago(number: int, unit: str, is_past: bool, language: str | None) -> str:
    """In the active language, which is `language`; each row of a list asks, and the catalogue is slow."""
    gap = {"gap": _gap(number, unit)}
    return _("%(gap)s ago") % gap if is_past else _("in %(gap)s") % gap


def in_words(duration: timedelta) -> str:
    """A duration in its largest fitting unit, a minute at least."""
    return _gap(*_largest(duration))


def _largest(duration: timedelta) -> tuple[int, str]:
    minutes = max(int(duration.total_seconds() // 60), 1)
    days = minutes // 1440
    if minutes < 60:
        return minutes, "minute"
    if days < 1:
        return minutes // 60, "hour"
    if days < 7:
        return days, "day"
    if days < 61:
        return days // 7, "week"
    return (days // 30, "month") if days < 730 else (days // 365, "year")


def _gap(number: int, unit: str) -> str:
    n = {"n": number}
    match unit:
        case "minute":
            return ngettext("%(n)d min", "%(n)d min", number) % n
        case "hour":
            return ngettext("%(n)d h", "%(n)d h", number) % n
        case "day":
            return ngettext("%(n)d day", "%(n)d days", number) % n
        case "week":
            return ngettext("%(n)d week", "%(n)d weeks", number) % n
        case "month":
            return ngettext("%(n)d month", "%(n)d months", number) % n
        case _:
            return ngettext("%(n)d year", "%(n)d years", number) % n


def initials(name: str) -> str:
    """At most two letters: of first and last word."""
    words = name.replace("@", " ").replace(".", " ").split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


def in_rows(count: int) -> str:
    """How many rows, in words."""
    return ngettext("%(n)s row", "%(n)s rows", count) % {"n": number(count)}
