"""Verdicts, confirmed links, and the recheck of one identity."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from inventory_ops.models import User
from user_audit.models import IamUser, Identity, Review
from user_audit.operations import log, scans


class NoLink(Exception):
    """There is nothing to confirm, with the reason."""


@transaction.atomic
def review(identity: Identity, *, verdict: str, note: str, until: date | None, by: User) -> Review:
    """Keeps somebody's verdict; the newest one holds."""
    row = Review.objects.create(subject=identity.key, verdict=verdict, note=note, until=until, by=by.email)
    log.write(
        "review",
        by=by,
        subject=identity.key,
        summary=f"Verdict: {row.get_verdict_display()}",
        data={"note": note, "until": until.isoformat() if until else None},
    )
    return row


@transaction.atomic
def confirm_link(identity: Identity, *, by: User) -> None:
    """Says that this IAM user is this platform user's; from now on no e-mail decides. Raises NoLink."""
    iam_user = IamUser.objects.select_for_update().filter(pk=identity.iam_user_id or 0, user__isnull=False).first()
    if iam_user is None:
        raise NoLink("No platform user matches this IAM user.")
    iam_user.link = IamUser.Link.CONFIRMED
    iam_user.save(update_fields=["link"])
    # The others of this account that claimed the same person are nobody's now.
    IamUser.objects.filter(account=iam_user.account, user=iam_user.user, gone_at__isnull=True).exclude(
        pk=iam_user.pk
    ).exclude(link=IamUser.Link.CONFIRMED).update(user=None, link=IamUser.Link.NONE)
    log.write("confirm_link", by=by, subject=identity.key, summary=f"Confirmed {iam_user} as {identity.email}")


def recheck(identity: Identity, *, by: User) -> None:
    """Reads the identity's IAM user live. Raises AwsError when AWS does not answer."""
    if identity.iam_user is not None:
        scans.recheck(identity.iam_user)
        log.write("recheck", by=by, subject=identity.key, summary="Read live from AWS")
