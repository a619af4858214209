"""Verdicts, confirmed links, and the recheck of one identity."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils.translation import gettext

from inventory_ops.models import Job, User
from inventory_ops.operations import jobs
from user_audit.aws.errors import AwsError, WrongAccount
from user_audit.models import IamUser, Identity, Review
from user_audit.models.identities import AwsStatus
from user_audit.operations import log, scans

RECHECK = "user_audit.recheck"


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


def recheck(identity: Identity, *, by: User) -> Job:
    """A job that reads the identity's IAM user live; the one that waits already, if there is one."""
    waiting = Job.objects.filter(
        kind=RECHECK, params__key=identity.key, created_by=by, state__in=[Job.State.QUEUED, Job.State.RUNNING]
    )
    return waiting.first() or jobs.enqueue(
        kind=RECHECK,
        title=gettext("Recheck %(email)s in AWS") % {"email": identity.email},
        by=by,
        params={"key": identity.key, "iam_user": identity.iam_user_id},
        queue="iam",
    )


@jobs.handler(RECHECK, only_reads=True)
def _recheck(context: jobs.Context) -> None:
    """AWS may take its time, or not answer at all: that holds up this worker, and no page."""
    iam_user = IamUser.objects.filter(pk=context.params["iam_user"] or 0).first()
    if iam_user is None:
        raise jobs.JobFailed(gettext("There is no AWS user to read."))
    try:
        scans.recheck(iam_user)
    except (AwsError, WrongAccount, ImproperlyConfigured) as error:
        raise jobs.JobFailed(gettext("AWS did not answer: %(error)s") % {"error": error}) from error
    log.write("recheck", by=context.job.created_by, subject=context.params["key"], summary="Read live from AWS")
    found = Identity.objects.filter(iam_user=iam_user).first()
    state = found.get_aws_status_display() if found else AwsStatus.NOT_FOUND.label
    context.finish(gettext("Read live from AWS. AWS status: %(state)s.") % {"state": state})
