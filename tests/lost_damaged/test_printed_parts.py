"""What is printed of a statement gives what is printed below it: nobody has to trust a figure that is not shown."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from decimal import Decimal

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from lost_damaged.models import Statement
from tests.lost_damaged.test_statement_property import acts, open_shop

PARTS = {
    "Orders: Item Price Credit": ["order"],
    "Other Revenues": ["credit", "debit"],
    "Fees: commission": ["fee"],
    "Refunds": ["refund", "fee_refund"],
    "Adjustments": ["adjustment"],
}
INNER = {
    "Other Revenues": ["Lost or Damaged Credit", "Lost or Damaged"],
    "Refunds": ["Item price refunded", "Commission returned"],
}
DIGITS = {"GBP": 2, "JPY": 0, "KWD": 3}


def figures(client: Client, statement: Statement) -> dict[str, Decimal]:
    """Label → amount, read from the PDF as it is printed."""
    pdf = client.get(f"/finance/statements/{statement.number}/", {"_export": "pdf"}).content
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split("\nLines\n")[0]
    found = re.findall(rf"^([^\d\n]+?)(?: [\d,]+)? {statement.currency} (−?[\d,.]+)$", text, re.M)
    digits = {len(amount.partition(".")[2]) for _label, amount in found}
    assert digits == {DIGITS[statement.currency]}
    return {label: Decimal(amount.replace("−", "-").replace(",", "")) for label, amount in found}


def lines(client: Client, statement: Statement) -> Counter[str]:
    """Kind → sum of its lines, in the smallest units of the currency, read from their list as CSV."""
    answer = client.get("/finance/statement-lines/", {"statement": statement.number, "_export": "csv"})
    rows = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))  # type: ignore[attr-defined]
    found: Counter[str] = Counter()
    for row in rows:
        units = Decimal(row["Amount"]).scaleb(DIGITS[statement.currency])
        assert units == units.to_integral_value(), row
        found[row["Kind"]] += int(units)
    return found


@pytest.mark.django_db
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@example(currency="KWD", details=[("order", 8), ("order", 9), ("back", 1), ("lost", 2), ("found", 3), ("close", 4)])
@given(currency=st.sampled_from(sorted(DIGITS)), details=acts)
def test_the_printed_parts_of_statements_give_the_printed_result(
    db: None, currency: str, details: list[tuple[str, int]]
) -> None:
    shop = open_shop(currency)
    shop.run(details)
    assert shop.failures == []
    client = Client()
    client.force_login(shop.world.finance)
    for statement in Statement.objects.filter(merchant=shop.product.merchant):
        said, booked = figures(client, statement), lines(client, statement)
        assert said["Opening Balance"] + sum(said[part] for part in PARTS) == said["Closing Balance"]
        assert said["Payout"] + said["Carried forward"] == said["Closing Balance"]
        assert said["Payout"] == max(said["Closing Balance"], Decimal(0))
        for part, kinds in PARTS.items():
            assert said[part] == Decimal(sum(booked[kind] for kind in kinds)).scaleb(-DIGITS[currency]), part
        for part, inner in INNER.items():
            assert said[part] == sum(said[label] for label in inner), part
