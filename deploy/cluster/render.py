"""Puts values in place of ${name} in the files of this folder: `render.py FILE name=value … > TARGET`.

A value may have several lines, written as \\n. Python's own library is enough.
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path


def rendered(text: str, values: Mapping[str, object]) -> str:
    """The text with its values. Raises KeyError for a name without one; names in capitals are not ours."""
    return re.sub(r"\$\{([a-z_]+)\}", lambda found: str(values[found[1]]), text)


def main(source: str, *pairs: str) -> None:
    values = dict(pair.split("=", 1) for pair in pairs)
    try:
        text = rendered(Path(source).read_text(), {name: value.replace("\\n", "\n") for name, value in values.items()})
    except KeyError as error:
        sys.exit(f"{source} needs a value: {error.args[0]}=…")
    sys.stdout.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
