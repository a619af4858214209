"""What is offered while somebody types: the first products of the list, from a bounded number of rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from inventory_ops.models import Merchant, Product, User
from inventory_ops.queries import rare_parts, search, suggestions
from tests import make

pytestmark = pytest.mark.django_db

MOST = 6
PRODUCTS = 6_000  # three times what is looked at in the order of SKU
# numbers in a mixed order, as a hash gives: a run of zeros is common, a long one is not, and not at the beginning
CATALOGUE = """
insert into inventory_ops_product (merchant_id, sku, vendor_sku, name, short_description, brand_name, model_name, price,
    is_live, created_at, updated_at)
select %(merchant)s, 'ACME-' || upper(left(md5((i + 1)::text), 4)) || '-' || lpad(i::text, 7, '0'), 'V' || i * 7,
       case when i %% 50 = 0 then 'Blue Tray' else 'Red Kettle' end, '', '', '', 1, true, now(), now()
from generate_series(1, %(products)s) i
"""
READ = """
select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables
where relname = 'inventory_ops_product'
"""


@pytest.fixture
def catalogue() -> Iterator[Merchant]:
    owner = make.merchant()
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")  # no statistics are wanted, only rows
        cursor.execute(CATALOGUE, {"merchant": owner.pk, "products": PRODUCTS})
        cursor.execute("set local session_replication_role = origin")
        cursor.execute("analyze inventory_ops_product")
    rare_parts._samples.clear()
    yield owner
    rare_parts._samples.clear()


def rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(READ)
        return int(cursor.fetchone()[0])


def offered(text: str, **scope: object) -> list[str]:
    return [product.sku for product in search.choices(text=text, viewer=None, most=MOST, **scope)]  # type: ignore[arg-type]


def listed(text: str) -> list[str]:
    return [product.sku for product in search.products(text=text, viewer=None)[:MOST]]


def texts() -> list[str]:
    skus = list(Product.objects.order_by("pk").values_list("sku", flat=True)[:: PRODUCTS // 5])
    parts = [*skus, *(sku[:9] for sku in skus), *(sku[-5:] for sku in skus), *(f"{sku} kettle" for sku in skus)]
    return [
        *parts,
        "a",
        "ac",
        "ACME",
        "kettle",
        "Blue",
        "blue tray",
        "tray ACME",
        "kettle 12",
        "kettle zz",
        "%_",
        "000",
        " ",
    ]


def test_they_are_the_first_of_the_list(catalogue: Merchant) -> None:
    different = {text: offered(text) for text in texts() if offered(text) != listed(text)}
    assert not different
    assert listed("blue tray") and listed(texts()[0]) and listed(texts()[5])  # the comparison is not of nothing


@pytest.mark.parametrize("sample", ["", "ACME", "Q"])
def test_a_sample_that_is_wrong_makes_no_answer_wrong(catalogue: Merchant, sample: str) -> None:
    rare_parts._samples[connection.settings_dict["NAME"]] = rare_parts._Sample(sample * 100, 100, float("inf"))
    assert {text: offered(text) for text in texts()} == {text: listed(text) for text in texts()}


def test_of_a_text_that_is_rare_though_its_parts_are_common_any_are_offered(
    catalogue: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "LOOKED_AT", 10)
    every = set(search.products(text="00000", viewer=None).values_list("sku", flat=True))
    found = offered("00000")
    assert len(every) > MOST and len(found) == MOST
    assert set(found) <= every and found == sorted(found)
    assert offered("0000001") == listed("0000001")  # no more than fit: all of them


def test_others_are_not_offered(catalogue: Merchant) -> None:
    other = make.product("ACME-0000-0000000", of=make.merchant(), name="Blue Tray")
    seller: User = make.user("merchant", of=other.merchant)
    for text in ("blue tray", "ACME-0000-0000000", "0000000", "ac"):
        assert [each.pk for each in search.choices(text=text, viewer=seller, most=MOST)] == [other.pk]
        assert other.sku not in offered(text, merchant_id=catalogue.pk)


def test_rows_looked_at_are_bounded_whatever_is_typed(catalogue: Merchant) -> None:
    """A whole SKU leads to a few rows, what many have to the first, and what is left to the first that have it."""
    offered("kettle")  # the sample is taken
    sku = texts()[2]
    # the list reads what the index gives for it, which is the whole catalogue where all of its letters are common
    before = rows_read()
    listed("0000000")
    assert rows_read() - before > 2 * search.LOOKED_AT
    for text, most in ((sku, 200), (sku[:9], 200), ("kettle", search.LOOKED_AT + MOST), ("00000", None)):
        before = rows_read()
        assert offered(text)
        read = rows_read() - before
        assert read <= (most or search.LOOKED_AT + PRODUCTS // 10), (text, read)


def test_a_part_is_asked_for_that_few_have(catalogue: Merchant) -> None:
    hashed = next(sku for sku in texts() if sku.startswith("ACME-") and sku[5:9].isalnum())
    (part,) = rare_parts.of([hashed.upper()])[:1]
    assert part in hashed and "ACM" not in part and "000" not in part and "-" not in part
    assert rare_parts.of(["ACME", "KETTLE"]) == []  # all are common
    assert rare_parts.of(["ACME", "ZEBRA"]) == ["ZEBRA"]
    assert rare_parts.of(["KETTLEXYZ"]) == ["LEXYZ"]


def test_brands_are_those_of_the_products_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    owner, other = make.merchant(), make.merchant()
    for number, name in enumerate(["", "Red Acme", "ACME", "acme two", "Zebra", "ACME"]):
        make.product(f"B{number}", of=owner, brand_name=name)
    make.product("B9", of=other, brand_name="Acme of another")
    everyone, seller = make.user(), make.user("merchant", of=owner)
    own = [("ACME", ""), ("acme two", ""), ("Red Acme", "")]
    assert suggestions.brands("Acme", viewer=seller) == own
    all_of_them = [("ACME", ""), ("Acme of another", ""), ("acme two", ""), ("Red Acme", "")]
    assert suggestions.brands("Acme", viewer=everyone) == all_of_them
    monkeypatch.setattr(suggestions, "MOST_BRANDS", 3)  # more than these: by their products, as for a merchant
    assert suggestions.brands("Acme", viewer=everyone) == all_of_them
    assert suggestions.brands("nothing", viewer=everyone) == []


def test_brands_are_found_without_a_look_at_each_product(catalogue: Merchant) -> None:
    Product.objects.filter(pk__in=Product.objects.values("pk")[:1]).update(brand_name="Acme 77")
    everyone, before = make.user(), rows_read()
    assert suggestions.brands("Acme 77", viewer=everyone) == [("Acme 77", "")]
    assert rows_read() - before < 10
