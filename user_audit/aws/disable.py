"""Disable in AWS: deny everything first, then switch off every credential."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from .entities import DENY_ALL, TAG_AT, TAG_ID, Credential, LiveUser
from .errors import AwsError, LimitExceeded
from .records import DisableRecord, Records
from .steps import Hand, Outcome

ROUNDS = 3  # a key may be made while we work


def disable(hand: Hand, records: Records) -> Outcome:
    """Leaves the user denied and without an active credential; repeating it changes nothing.

    Raises NoSuchEntity or IdentityChanged when it is not this user any more, AwsError when
    nothing was changed, or when a later call may succeed (`transient`): then repeat it. A refusal
    permanently after the deny leaves the deny in place and gives a partial outcome.
    """
    live = hand.read()
    record = records.current(live.user_id)
    opened = record is None
    if record is None:
        record = records.open(live)
    problems: list[str] = []
    if not live.denied:
        try:
            _deny(hand)
        except LimitExceeded as full:
            problems.append(
                f"AWSDenyAll could not be attached ({full.message}). Detach a policy that the user "
                "does not need, then repair."
            )
        except AwsError as error:
            if opened and not error.transient:
                records.abandon(record)  # AWS refused: nothing was changed
            raise
    _try(problems, partial(_tag, hand, live, record))
    return _switch_off(hand, live, problems)


def _deny(hand: Hand) -> None:
    hand.confirm()
    hand.write("attach policy", "AWSDenyAll", partial(hand.iam.attach, hand.name, DENY_ALL))


def _tag(hand: Hand, live: LiveUser, record: DisableRecord) -> None:
    if live.tags.get(TAG_ID) == record.id:
        return
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    tags = {TAG_ID: record.id, TAG_AT: moment}
    hand.confirm()
    hand.write("tag", record.id, partial(hand.iam.tag, hand.name, tags))


def _switch_off(hand: Hand, live: LiveUser, problems: list[str]) -> Outcome:
    tried: set[str] = set()
    for _ in range(ROUNDS):
        for credential in live.active:
            if credential.id not in tried:
                tried.add(credential.id)
                _try(problems, partial(_deactivate, hand, credential))
        for _ in hand.settle():
            live = hand.read()
            if live.denied and not live.active:
                return Outcome(hand.changed, partial=bool(problems), notes=tuple(problems))
            if problems or any(credential.id not in tried for credential in live.active):
                break  # waiting corrects neither a refusal nor a key made meanwhile
    if live.active:
        problems.append(f"Still active: {', '.join(map(str, live.active))}.")
    if not live.denied and not problems:
        problems.append("AWSDenyAll is not attached: somebody detached it. Repair.")
    return Outcome(hand.changed, partial=True, notes=tuple(problems))


def _deactivate(hand: Hand, credential: Credential) -> None:
    # The id is unique in AWS, so a user re-created under this name is not hit.
    call = partial(hand.iam.set_status, hand.name, credential, "Inactive")
    hand.remove("deactivate", str(credential), call)


def _try(problems: list[str], act: Callable[[], None]) -> None:
    """Goes on after a permanent refusal: the more is closed, the better."""
    try:
        act()
    except AwsError as error:
        if error.transient:
            raise
        problems.append(str(error))
