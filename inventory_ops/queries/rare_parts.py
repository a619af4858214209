"""Which parts of a text few products have: what the index of their letters is best asked for.

That index knows for each three letters the products that have them. Asked for a whole SKU, it goes through the products
of its rarest three and looks for each of them in the lists of all others, of which those of a common beginning are as
long as the catalogue. Asked for the rare three alone it answers at once, and what else is in the text is compared with
the few rows that it finds. What is common is told from a sample: an old or an empty one makes nothing wrong, only slow.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.db import connection

LETTERS = 3  # that the index knows together
SAMPLE = 1_000  # products
KEPT = 3_600  # seconds
COMMON = 0.02  # of all products: what more have is not worth asking for
# whole pages at random; of a small table, or one that nobody counted yet, its beginning
READ = """
select upper(sku || ' ' || name || ' ' || vendor_sku) from inventory_ops_product tablesample system ((
    select least(100, 100 * %(many)s / greatest(reltuples, 1)) from pg_class
    where oid = 'inventory_ops_product'::regclass
)) limit %(most)s
"""
# the index passes over everything else; letters of a word that stand beside it would have it look for words' ends
WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class _Sample:
    text: str
    rows: int
    until: float

    def share(self, letters: str) -> float:
        """Of products that have letters, roughly: two in one count twice."""
        return self.text.count(letters) / max(self.rows, 1)


_samples: dict[str, _Sample] = {}


def _sample() -> _Sample:
    """That of the database at hand; two threads may take one each."""
    name = connection.settings_dict["NAME"]
    kept = _samples.get(name)
    if kept is None or kept.until < time.monotonic():
        with connection.cursor() as cursor:
            cursor.execute(READ, {"many": SAMPLE, "most": 2 * SAMPLE})
            rows = [text for (text,) in cursor.fetchall()]
        kept = _samples[name] = _Sample("\n".join(rows), len(rows), time.monotonic() + KEPT)
    return kept


def of(words: Sequence[str]) -> list[str]:
    """Parts of the words, in capitals, that few products have; none where every three letters are common.

    One part that the sample does not have at all is enough; otherwise all that are rare.
    """
    sample = _sample()
    found: list[tuple[float, int, str]] = []
    for word in (part for text in words for part in WORDS.findall(text)):
        shares = [sample.share(word[at : at + LETTERS]) for at in range(len(word) - LETTERS + 1)]
        # between what is common, with the ends of the word as if they were
        common = [-1, *(at for at, share in enumerate(shares) if share > COMMON), len(shares)]
        for before, after in pairwise(common):
            if after - before > 1:
                rare = shares[before + 1 : after]
                found.append((min(rare), -len(rare), word[before + 1 : after - 1 + LETTERS]))
    found.sort()
    return [part for _share, _length, part in (found[:1] if found and not found[0][0] else found)]
