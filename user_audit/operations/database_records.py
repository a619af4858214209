"""Our database behind the protocols of the AWS port: journal, disable records, archive. Each call commits."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from user_audit.aws.entities import Credential, Kind, LiveUser
from user_audit.aws.records import DisableRecord as Record
from user_audit.aws.records import archived
from user_audit.models import ActionItem, ActionStep, DisableRecord, IamArchive, IamUser

LEASE = timedelta(minutes=5)


class LeaseLost(Exception):
    """Another worker took the item over: this one must not write any more."""


class DatabaseJournal:
    """The steps of one item; each also renews the worker's lease."""

    def __init__(self, item: ActionItem) -> None:
        self.item = item
        self.attempt = item.attempts
        self.request_ids: list[str] = []

    def before(self, step: str, target: str) -> None:
        renewed = ActionItem.objects.filter(
            pk=self.item.pk, state=ActionItem.State.RUNNING, attempts=self.attempt
        ).update(lease_until=timezone.now() + LEASE)
        if not renewed:
            raise LeaseLost(f"{self.item}: another worker goes on with it.")
        ActionStep.objects.create(item=self.item, step=step, target=target)

    def after(self, step: str, target: str, result: str, request_id: str) -> None:
        ActionStep.objects.create(item=self.item, step=step, target=target, result=result, request_id=request_id)
        if request_id:
            self.request_ids.append(request_id)


class DatabaseRecords:
    """The disable records of one IAM user."""

    def __init__(self, iam_user: IamUser) -> None:
        self.iam_user = iam_user

    def current(self, user_id: str) -> Record | None:
        row = self._open_row() if user_id == self.iam_user.iam_id else None
        return None if row is None else _record(row, user_id)

    def open(self, live: LiveUser) -> Record:
        row = DisableRecord.objects.create(
            iam_user=self.iam_user,
            active=[_plain(c) for c in live.active],
            inactive=[_plain(c) for c in live.credentials if not c.active],
            had_password=live.has_password,
            deny_preexisting=live.denied,
        )
        return _record(row, live.user_id)

    def abandon(self, record: Record) -> None:
        self._close(record, DisableRecord.State.VOID)

    def enabling(self, record: Record) -> Record:
        DisableRecord.objects.filter(pk=record.id).update(enabling=True)
        return dataclasses.replace(record, enabling=True)

    def close(self, record: Record) -> None:
        self._close(record, DisableRecord.State.ENABLED)

    def deleted(self) -> None:
        """The user is gone from AWS."""
        row = self._open_row()
        if row is not None:
            self._close(_record(row, self.iam_user.iam_id), DisableRecord.State.DELETED)

    def _open_row(self) -> DisableRecord | None:
        return DisableRecord.objects.filter(iam_user=self.iam_user, state=DisableRecord.State.OPEN).first()

    def _close(self, record: Record, state: str) -> None:
        DisableRecord.objects.filter(pk=record.id).update(state=state, closed_at=timezone.now())


class DatabaseArchive:
    """What one IAM user was."""

    def __init__(self, iam_user: IamUser) -> None:
        self.iam_user = iam_user

    def begun(self, user_id: str) -> Mapping[str, object] | None:
        row = IamArchive.objects.filter(iam_user=self.iam_user).first()
        if row is None or user_id != self.iam_user.iam_id:
            return None
        data: Mapping[str, object] = row.data
        return data

    @transaction.atomic
    def keep(self, live: LiveUser) -> Mapping[str, object]:
        data = archived(live)
        IamArchive.objects.create(iam_user=self.iam_user, data=data)
        return data


def _plain(credential: Credential) -> dict[str, object]:
    created_at = credential.created_at.isoformat() if credential.created_at else None
    return {"kind": credential.kind.value, "id": credential.id, "created_at": created_at}


def _record(row: DisableRecord, user_id: str) -> Record:
    return Record(
        id=str(row.pk),
        user_id=user_id,
        taken_at=row.taken_at,
        active=tuple(Credential(Kind(c["kind"]), c["id"], True) for c in row.active),
        inactive=tuple(Credential(Kind(c["kind"]), c["id"], False) for c in row.inactive),
        had_password=row.had_password,
        deny_preexisting=row.deny_preexisting,
        enabling=row.enabling,
    )
