"""Loading texts as files, and a small catalogue to load against. (Imports inside: settings come first.)"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from inventory_ops.operations.imports.outcomes import Outcome
    from tests.imports.support import Load


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """`load("orders", text)` loads one file and answers its outcome."""
    from inventory_ops.operations.imports.files import load_files
    from tests.imports.support import NOW, write

    def run(kind: str, content: str | bytes, *, packed: bool = False, **options: Any) -> Outcome:
        options.setdefault("now", NOW)
        return load_files([write(tmp_path, kind, content, packed=packed)], **options)[0]

    return run


@pytest.fixture
def catalogue(load: Load, db: None) -> None:
    """Merchants V1 (London), V2 (Berlin), V3 (yen); SKUs A and B of V1, A of V2, C of V3, D of V2."""
    load(
        "merchants",
        "vendor_number,name,currency,timezone\n"
        "V1,One,GBP,Europe/London\nV2,Two,EUR,Europe/Berlin\nV3,Three,JPY,Asia/Tokyo\n",
    )
    load("categories", "name,parent,commission_percent\nHome,,10\nKettles,Home,12.5\n")
    outcome = load(
        "products",
        "sku,vendor_number,name,price,cost,category\n"
        "A,V1,Kettle,10,6,Kettles\nB,V1,Toaster,20,,Home\nA,V2,Kessel,12,7,\nC,V3,Teapot,1000,400,\nD,V2,Tasse,5,2,\n",
    )
    assert outcome.errors == []
