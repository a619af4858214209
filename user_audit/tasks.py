"""Celery tasks: short ones, which call themselves again while there is more to do."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from user_audit.operations import jobs, scans


@shared_task(queue="iam")
def work_on(job_id: str) -> None:
    """Some users of one job. The table is the truth: delivered twice, it changes nothing."""
    if jobs.work(UUID(job_id)):
        work_on.delay(job_id)


@shared_task(queue="iam")
def sweep() -> None:
    """Takes up what a dead worker or a lost message left, and what has become due."""
    for job in jobs.sweep():
        work_on.delay(str(job.pk))


@shared_task(queue="scans")
def scan() -> None:
    """The scan of every account, every six hours."""
    scans.scan_all()
