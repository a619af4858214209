"""Enable in AWS: gives back exactly what our disable switched off; the deny goes last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from .entities import DENY_ALL, TAG_AT, TAG_ID, Credential, Kind, LiveUser
from .errors import AwsError
from .records import DisableRecord, Records
from .steps import Hand, Outcome, Refused


@dataclass(frozen=True)
class EnablePlan:
    """on_again will be re-activated; left_off and gone are told to the person who acts."""

    on_again: tuple[Credential, ...]
    left_off: tuple[str, ...]


def plan(live: LiveUser, record: DisableRecord, *, now: datetime, max_key_age: timedelta | None = None) -> EnablePlan:
    """What Enable would do now; max_key_age leaves older access keys off."""
    present = {credential.id: credential for credential in live.credentials}
    recorded = {credential.id for credential in (*record.active, *record.inactive)}
    on_again, left_off = [], []
    for credential in record.active:
        found = present.get(credential.id)
        if found is None:
            left_off.append(f"{credential}: gone since")
        elif max_key_age is not None and _older(found, now, max_key_age):
            left_off.append(f"{credential}: older than {max_key_age.days} days")
        elif not found.active:
            on_again.append(found)
    left_off += [
        f"{c}: made after the disable, left {'active' if c.active else 'inactive'}"
        for c in live.credentials
        if c.id not in recorded
    ]
    return EnablePlan(tuple(on_again), tuple(left_off))


def enable(hand: Hand, records: Records, *, now: datetime, max_key_age: timedelta | None = None) -> Outcome:
    """Re-activates what the open record lists as active, then detaches AWSDenyAll.

    Raises Refused without an open record, and as `disable` does. When a re-activation is refused
    permanently, what was switched on is switched off again: the user stays closed.
    """
    live = hand.read()
    record = records.current(live.user_id)
    if record is None:
        raise Refused(f"{hand.name} was not disabled by this application: no record says what was active.")
    if not record.enabling:
        if not live.denied:
            # Somebody detached it by hand; nothing may come alive before the end.
            hand.confirm()
            hand.write("attach policy", "AWSDenyAll", partial(hand.iam.attach, hand.name, DENY_ALL))
        record = records.enabling(record)
    planned = plan(live, record, now=now, max_key_age=max_key_age)
    _switch_on(hand, planned)
    if TAG_ID in live.tags or TAG_AT in live.tags:
        hand.confirm()
        hand.remove("untag", record.id, partial(hand.iam.untag, hand.name, [TAG_ID, TAG_AT]))
    notes = list(planned.left_off)
    if record.deny_preexisting:
        notes.append("AWSDenyAll was attached before we disabled the user; it was left attached.")
    else:
        hand.confirm()
        hand.remove("detach policy", "AWSDenyAll", partial(hand.iam.detach, hand.name, DENY_ALL))
    on = {credential.id for credential in planned.on_again}
    for _ in hand.settle():
        live = hand.read()
        shown = on <= {c.id for c in live.active} and live.denied == record.deny_preexisting
        if shown:
            records.close(record)
            return Outcome(hand.changed, notes=tuple(notes))
    return Outcome(hand.changed, partial=True, notes=(*notes, "AWS does not show the change yet."))


def _switch_on(hand: Hand, planned: EnablePlan) -> None:
    switched: list[Credential] = []
    for credential in planned.on_again:
        call = partial(hand.iam.set_status, hand.name, credential, "Active")
        try:
            hand.remove("activate", str(credential), call)
        except AwsError as error:
            if not error.transient:
                for done in switched:
                    back = partial(hand.iam.set_status, hand.name, done, "Inactive")
                    hand.remove("deactivate again", str(done), back)
            raise
        switched.append(credential)


def _older(credential: Credential, now: datetime, limit: timedelta) -> bool:
    created_at = credential.created_at
    is_key = credential.kind is Kind.ACCESS_KEY
    return is_key and created_at is not None and now - created_at > limit
