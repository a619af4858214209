"""The corpus is what it says: hundreds of inputs, no two of them the same."""

from __future__ import annotations

from collections import Counter

from tests.hostile import corpus

KINDS = {
    "texts": corpus.TEXTS,
    "numbers": corpus.NUMBERS,
    "moments": corpus.MOMENTS,
    "JSON bodies": corpus.BODIES,
    "JSON values": corpus.VALUES,
    "files": corpus.RAW,
    "bent files": corpus.around({"sku": "A", "quantity": "1"}),
    "paths": corpus.PATHS,
    "queries": corpus.QUERIES,
    "tokens": corpus.TOKENS,
    "headers": {name: str(value) for name, value in corpus.HEADERS.items()},
    "content types": corpus.CONTENT_TYPES,
    "multipart bodies": corpus.MULTIPARTS,
    "upload names": corpus.UPLOAD_NAMES,
}
LEAST = 300


def test_there_are_enough_and_none_is_there_twice() -> None:
    assert sum(len(set(inputs.values())) for inputs in KINDS.values()) >= LEAST
    # what stands in one place of a form, an address or a file: the names may repeat over kinds, the inputs not
    cells = Counter([*corpus.TEXTS.values(), *corpus.NUMBERS.values(), *corpus.MOMENTS.values()])
    assert [value for value, count in cells.items() if count > 1] == []
    for kind, inputs in KINDS.items():
        assert len(set(inputs.values())) == len(inputs), kind
    assert len(cells) >= LEAST
