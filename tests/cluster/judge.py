"""Compares what was acknowledged with what the database has; run by a node of the cluster, the journal on its input."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any

import django


def main() -> None:
    django.setup()
    print(json.dumps(judged(json.load(sys.stdin))))


def judged(journal: dict[str, Any]) -> dict[str, Any]:
    """`journal` has keys acknowledged and asked by kind. Answers what is lost, doubled, unfinished and unbalanced."""
    from inventory_ops.kit import files
    from inventory_ops.models import InventoryEvent, Job
    from inventory_ops.operations import verify
    from lost_damaged.models import WriteOff

    # before the rest: what ends while this reads is counted, or the verdict is asked for again
    unfinished = [f"{job.kind} {job.state}" for job in Job.objects.unfinished()]
    references = journal["asked"]["adjustment"] + journal["asked"]["import"]
    events = Counter(InventoryEvent.objects.filter(reference__in=references).values_list("reference", flat=True))
    uids = Counter(WriteOff.objects.filter(uid__in=journal["asked"]["write-off"]).values_list("uid", flat=True))
    exports = {str(job.pk): job for job in Job.objects.filter(pk__in=journal["acknowledged"]["export"])}
    once = {"adjustment": (events, 1), "write-off": (uids, 1), "import": (events, 5)}
    lost, doubled = [], []
    for kind, (found, times) in once.items():
        lost += [f"{kind} {key}" for key in journal["acknowledged"][kind] if found[key] < times]
        doubled += [f"{kind} {key}: {found[key]}" for key in journal["asked"][kind] if found[key] not in {0, times}]
    for key in journal["acknowledged"]["export"]:
        job = exports.get(key)
        if job is None or job.state != Job.State.DONE or not files.exists(job.result_file):
            lost.append(f"export {key}: {job and (job.state, job.message)}")
    return {
        "found": sum(found[key] > 0 for kind, (found, _n) in once.items() for key in journal["acknowledged"][kind])
        + sum(1 for job in exports.values() if job.state == Job.State.DONE),
        "lost": lost,
        "doubled": doubled,
        "unfinished": unfinished,
        "failed": [f"{job.kind}: {job.message}" for job in Job.objects.filter(state=Job.State.FAILED)],
        "ledger": [line for outcome in verify.run() for line in outcome.differences],
    }


if __name__ == "__main__":
    main()
