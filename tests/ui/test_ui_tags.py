"""The small pieces of the interface: what they say, that they escape, that they carry no inline style."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.template import Context, Template

from inventory_ops.kit import markup

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
ATTACK = '"><script>alert(1)</script>'


def test_icon_is_decorative_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in markup.icon("check")
    labelled = markup.icon("check", "Done")
    assert 'role="img" aria-label="Done"' in labelled
    assert "aria-hidden" not in labelled


@pytest.mark.parametrize("tone", sorted(markup.TONES))
def test_badge_says_the_status_in_words(tone: str) -> None:
    assert markup.badge(tone, "Open").endswith("Open</span>")
    assert f"is-{tone}" in markup.badge(tone, "Open")


def test_badge_refuses_an_unknown_tone() -> None:
    with pytest.raises(ValueError, match=r"Unknown tone 'red': use one of brand, critical"):
        markup.badge("red", "Open")


@pytest.mark.parametrize(
    ("ratio", "state", "text", "width", "tone"),
    [
        (Decimal("1.41"), "healthy", "141%", "84", "good"),
        (Decimal("0.9999"), "low", "99%", "83.99", "warning"),
        (Decimal("0.18"), "critical", "18%", "15.12", "critical"),
        (Decimal("12.5"), "healthy", "1,250%", "84", "good"),
    ],
)
def test_health_bar_fill_stops_at_100_but_the_number_does_not(
    ratio: Decimal, state: str, text: str, width: str, tone: str
) -> None:
    bar = markup.health_bar(ratio, state)
    assert f">{text}<" in bar
    assert f'class="health-fill" width="{width}"' in bar
    assert f"is-{tone}" in bar


def test_health_bar_without_a_ratio_is_an_empty_track_with_words() -> None:
    assert "No data" in markup.health_bar(None, "no_data")
    assert "No sales" in markup.health_bar(None, "no_sales")
    assert "health-fill" not in markup.health_bar(None, "no_data")


def test_health_bar_of_an_empty_stock_has_no_fill() -> None:
    bar = markup.health_bar(Decimal(0), "stock_out")
    assert ">0%<" in bar
    assert "health-fill" not in bar


def test_sparkline_spans_its_frame_and_skips_gaps() -> None:
    line = markup.sparkline([1, None, 3], "Open issues")
    assert 'points="3.0,25.0 93.0,3.0"' in line
    assert 'cx="93.0" cy="3.0"' in line


def test_sparkline_of_equal_values_runs_through_the_middle() -> None:
    assert 'points="3.0,14.0 93.0,14.0"' in markup.sparkline([7, 7], "flat")


@pytest.mark.parametrize("values", [[], [1], [None, 1], [None, None]])
def test_sparkline_needs_two_values(values: list[int | None]) -> None:
    assert markup.sparkline(values, "x") == ""


def test_delta_is_coloured_by_good_or_bad_and_points_by_direction() -> None:
    risen = markup.delta(12, False)
    assert "is-bad" in risen and "+12" in risen and "#trending-up" in risen
    fallen = markup.delta(Decimal("-0.6"), True)
    assert "is-good" in fallen and "−0.6" in fallen and "#trending-down" in fallen
    assert "−8.3%" in markup.delta("-8.3%", None)
    assert "no change" in markup.delta(0, True)
    assert markup.delta(None, True) == ""


def test_numbers_have_separators_and_a_true_minus() -> None:
    assert markup.number(1234567) == "1,234,567"
    assert markup.number(-4) == "−4"
    assert markup.number(Decimal("-1234.5"), 2) == "−1,234.50"
    assert markup.number(None) == ""


@pytest.mark.parametrize(
    ("currency", "text"),
    [(None, "−59.88"), ("USD", "−59.88"), ("JPY", "−60"), ("KWD", "−59.880"), ("???", "−59.88")],
)
def test_money_has_the_decimals_of_its_currency(currency: str | None, text: str) -> None:
    assert markup.money(Decimal("-59.88"), currency) == text


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=4), "4 min ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=21), "3 weeks ago"),
        (timedelta(days=100), "3 months ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(minutes=-11), "in 11 min"),
    ],
)
def test_ago_in_words(gap: timedelta, words: str) -> None:
    assert f">{words}<" in markup.ago(NOW - gap, NOW)


def test_ago_carries_the_exact_moment() -> None:
    assert 'datetime="2026-11-22T04:00:00+00:00" title="22 Nov 2026, 04:00"' in markup.ago(NOW, NOW)
    assert markup.ago(None, NOW) == ""


def test_texts_are_escaped_and_nothing_is_styled_inline() -> None:
    pieces = [
        markup.icon("check", ATTACK),
        markup.icon(ATTACK),
        markup.badge("critical", ATTACK),
        markup.sparkline([1, 2], ATTACK),
        markup.delta(ATTACK, True),
        markup.health_bar(Decimal(1), ATTACK),
    ]
    for piece in pieces:
        assert "<script" not in piece
        assert " style=" not in piece


def test_the_same_functions_are_template_tags() -> None:
    template = Template("{% load ui %}{% icon 'check' %}{% badge 'good' word %}{{ n|number }}{{ m|money:'JPY' }}")
    html = template.render(Context({"word": "<b>", "n": 1000, "m": Decimal("5.4")}))
    assert html == markup.icon("check") + markup.badge("good", "<b>") + "1,0005"
