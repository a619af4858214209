"""Proposals: those under a rule do not set it. One proposes a change, a second person lets it come into force."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from inventory_ops.kit.registry import JOBS, Registry
from inventory_ops.models import Merchant, Proposal, User
from inventory_ops.operations import audit
from inventory_ops.registries.permissions import ADMIN, FINANCE

ROLES = (FINANCE, ADMIN)  # who proposes, and who approves


class Refused(Exception):
    """Nothing was changed; the message says why."""


class Kind(ABC):
    """A rule that is changed by proposals. `of_merchants`: each may have its own; `at_once`: without a start date."""

    name: str
    title: Any
    of_merchants: bool
    at_once = False
    log = ""  # first part of its actions in the audit log: its name, if nothing else
    labels: Mapping[str, object] = {}
    proposers: tuple[str, ...] = ROLES  # who may propose; finance and administration decide

    def word(self, name: str, value: str) -> str:
        """A value as people know it."""
        return value or "–"

    @abstractmethod
    def before(self, merchant: Merchant | None, subject: str) -> dict[str, str]:
        """What is in force now."""

    @abstractmethod
    def apply(self, proposal: Proposal, begins: datetime) -> int:
        """Let it come into force at `begins`; answers the key of the row that was made."""

    def set_directly(self, values: Mapping[int, Mapping[str, str]], *, begins: datetime, set_by: str) -> int:
        """Let the values of merchants, by their keys, hold without a proposal; answers how many were other ones.

        For the system, which loads master data. A kind has to allow it.
        """
        raise NotImplementedError

    def agreed(self, merchants: Sequence[int]) -> dict[int, dict[str, str]]:
        """The values in force that people approved, by merchant: `set_directly` does not replace those."""
        raise NotImplementedError

    @abstractmethod
    def withdraw(self, proposal: Proposal) -> None:
        """Take back what `apply` did, before it begins."""


_kinds: Registry[Kind] = Registry("kind of proposals", later=JOBS)


def register[K: Kind](kind: K) -> K:
    _kinds.add(kind.name, kind)
    return kind


def kind(name: str) -> Kind:
    """Raises KeyError."""
    return _kinds.get(name)


def propose(
    *,
    kind: Kind,
    values: Mapping[str, str],
    by: User,
    merchant: Merchant | None = None,
    subject: str = "",
    valid_from: datetime | None = None,
    note: str = "",
) -> Proposal:
    """Write a change down, for a second person to approve. Raises Refused."""
    if not by.has_role(*kind.proposers):
        raise Refused("Only finance and administration propose this.")
    before = kind.before(merchant, subject)
    if kind.at_once and dict(values) == before:
        raise Refused("That is in force already.")
    try:
        with transaction.atomic():
            made = Proposal.objects.create(
                kind=kind.name,
                merchant=merchant,
                subject=subject,
                values=dict(values),
                before=before,
                valid_from=valid_from,
                note=note.strip()[:200],
                requested_by=by,
            )
            _tell("propose", made, by=by)
    except IntegrityError as error:
        if "proposal_one_waits_per_rule" not in str(error):
            raise
        raise Refused(
            f"A change of {kind.title} for {merchant or subject or 'all'} waits already: decide on it first."
        ) from None
    return made


@transaction.atomic
def approve(*, pk: int, by: User) -> Proposal:
    """Let a proposal come into force, now or when it is to begin. Raises Refused, also for whoever proposed it."""
    found = _held(pk, by=by)
    if found.state != Proposal.State.PROPOSED:
        raise Refused(f"It is {found.get_state_display().lower()} already.")
    if found.requested_by_id == by.pk:
        raise Refused("You proposed it yourself: a second person has to approve it.")
    now = timezone.now()
    found.made_id = kind(found.kind).apply(found, max(found.valid_from or now, now))
    found.state, found.approved_by, found.approved_at = Proposal.State.APPROVED, by, now
    found.save(update_fields=["state", "approved_by", "approved_at", "made_id"])
    _tell("approve", found, by=by)
    return found


@transaction.atomic
def end(*, pk: int, by: User) -> Proposal:
    """Reject another's proposal, or withdraw one's own or an approved one that has not begun. Raises Refused."""
    found = _held(pk, by=by)
    if found.state == Proposal.State.APPROVED:
        if not may_withdraw(found, now=timezone.now()):
            raise Refused("It is in force: propose another change.")
        kind(found.kind).withdraw(found)
    elif found.state != Proposal.State.PROPOSED:
        raise Refused(f"It is {found.get_state_display().lower()} already.")
    own = found.requested_by_id == by.pk or found.state == Proposal.State.APPROVED
    found.state = Proposal.State.WITHDRAWN if own else Proposal.State.REJECTED
    found.ended_by, found.ended_at = by, timezone.now()
    found.save(update_fields=["state", "ended_by", "ended_at"])
    _tell("withdraw" if own else "reject", found, by=by)
    return found


def may_withdraw(proposal: Proposal, *, now: datetime) -> bool:
    """Is it approved, and has not begun?"""
    begins = proposal.valid_from
    return proposal.state == Proposal.State.APPROVED and begins is not None and begins > now


def _held(pk: int, *, by: User) -> Proposal:
    if not by.has_role(*ROLES):
        raise Refused("Only finance and administration decide this.")
    rows = Proposal.objects.select_for_update(of=["self"]).select_related("merchant", "requested_by")
    return rows.get(pk=pk)


def _tell(verb: str, proposal: Proposal, *, by: User) -> None:
    of_kind = kind(proposal.kind)
    whose = proposal.merchant.vendor_number if proposal.merchant else proposal.subject or "all"
    before = proposal.before
    steps = [
        f"{of_kind.labels.get(name, name)} {of_kind.word(name, before.get(name, ''))} → {of_kind.word(name, new)}"
        for name, new in proposal.values.items()
    ]
    audit.record(
        action=f"{of_kind.log or proposal.kind}.{verb}",
        by=by,
        subject=proposal,
        merchant_id=proposal.merchant_id,
        summary=f"{of_kind.title} of {whose}: {', '.join(step.strip() for step in steps)}",
        data={
            "old": proposal.before,
            "new": proposal.values,
            "valid_from": proposal.valid_from.isoformat() if proposal.valid_from else "",
            "requested_by": proposal.requested_by_id,
            "note": proposal.note,
        },
    )
