"""`uv run --group cluster -m tests.cluster`: start the cluster, say where it is, stop it at Ctrl-C."""

from __future__ import annotations

import signal
import sys

from tests.cluster import layout


def main() -> None:
    if missing := layout.missing():
        sys.exit(f"Missing: {', '.join(missing)}. See docs/deployment.md.")
    from tests.cluster.cluster import running

    with running(keep=True) as cluster:
        print(f"The product   {cluster.layout.address}")
        print(f"Logs          {cluster.layout.home / 'log'}")
        for member in cluster.members():
            print(f"{member['name']:13} {member['role']}, {member['state']}")
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
