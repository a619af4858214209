"""`uv run -m tests.capacity [--costs FILE]`: writes docs/capacity.csv, and the figures of docs/capacity.md.

FILE is what `manage.py bench --only P1 --only P25 --scale M --save FILE` wrote; it becomes docs/capacity-costs.csv.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tests.capacity import documents


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--costs", type=Path, help="measured costs, as `manage.py bench --save` writes them")
    asked = parser.parse_args()
    if asked.costs:
        documents.write_costs(json.loads(asked.costs.read_text()))
    documents.write()


if __name__ == "__main__":
    main()
