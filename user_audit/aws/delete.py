"""Delete from AWS: a disabled user loses everything in a fixed order, the deny next to last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from .entities import DENY_ALL, LiveUser
from .errors import DeleteConflict, IdentityChanged, NoSuchEntity
from .records import Archive, Records
from .steps import Hand, Outcome, Refused

ROUNDS = 3


def delete(hand: Hand, records: Records, archive: Archive) -> Outcome:
    """Removes the user; repeating it after a crash goes on where it stopped.

    Raises Refused when the user was not disabled by us, DeleteConflict when something new turned
    up in every round, and as `disable` does.
    """
    begun = archive.begun(hand.subject.user_id)
    try:
        live = hand.read()
    except (NoSuchEntity, IdentityChanged):
        if begun is None:
            raise
        _orphaned_mfa(hand, begun)
        return Outcome(changed=False, notes=("Already gone from AWS.",))
    if begun is None:
        if records.current(live.user_id) is None or not live.denied:
            raise Refused(f"{hand.name} is not disabled by this application. Disable it first.")
        begun = archive.keep(live)
    for round_ in range(1, ROUNDS + 1):
        try:
            _strip(hand, live, again=round_ > 1)
            break
        except (NoSuchEntity, IdentityChanged):
            break  # somebody else deleted it meanwhile
        except DeleteConflict:
            if round_ == ROUNDS:
                raise
            live = hand.read()
    _orphaned_mfa(hand, begun)
    _verify_gone(hand)
    return Outcome(changed=True)


def _strip(hand: Hand, live: LiveUser, *, again: bool) -> None:
    iam, name = hand.iam, hand.name
    if not live.denied and (again or live.active or live.has_password):
        # Never un-denied while holding a credential, not even one made a moment ago.
        hand.confirm()
        hand.write("attach policy", "AWSDenyAll", partial(iam.attach, name, DENY_ALL))
    if live.has_password:
        _by_name(hand, "delete password", name, partial(iam.delete_password, name))
    for credential in live.credentials:
        hand.remove("delete", str(credential), partial(iam.delete_credential, name, credential))
    for serial in live.mfa_serials:
        hand.remove("deactivate MFA", serial, partial(iam.deactivate_mfa, name, serial))
        _delete_virtual(hand, serial)
    for group in live.groups:
        _by_name(hand, "leave group", group, partial(iam.leave_group, name, group))
    for policy in live.inline_policies:
        call = partial(iam.delete_inline_policy, name, policy)
        _by_name(hand, "delete inline policy", policy, call)
    if live.boundary:
        _by_name(hand, "delete boundary", live.boundary, partial(iam.delete_boundary, name))
    for arn in live.policies:
        if arn != DENY_ALL:
            _by_name(hand, "detach policy", arn, partial(iam.detach, name, arn))
    _by_name(hand, "detach policy", "AWSDenyAll", partial(iam.detach, name, DENY_ALL))
    _by_name(hand, "delete user", name, partial(iam.delete_user, name))


def _by_name(hand: Hand, step: str, target: str, call: Callable[[], str]) -> None:
    hand.confirm()
    hand.remove(step, target, call)


def _delete_virtual(hand: Hand, serial: str) -> None:
    # A hardware device has no ARN; left behind, a virtual one would block its name.
    if ":mfa/" in serial:
        call = partial(hand.iam.delete_virtual_mfa, serial)
        hand.remove("delete MFA device", serial, call)


def _orphaned_mfa(hand: Hand, begun: Mapping[str, object]) -> None:
    """After a crash between the two MFA steps the device belongs to nobody: only we know it."""
    serials: Any = begun.get("mfa_serials", ())
    for serial in serials:
        try:
            _delete_virtual(hand, serial)
        except DeleteConflict:
            continue  # somebody else uses a device of this name by now


def _verify_gone(hand: Hand) -> None:
    for _ in hand.settle():
        try:
            hand.confirm()
        except (NoSuchEntity, IdentityChanged):
            return
    raise DeleteConflict("DeleteUser", "DeleteConflict", f"AWS still shows {hand.name}.")
