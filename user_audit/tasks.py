"""Celery tasks: short ones, which call themselves again while there is more to do."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from user_audit.operations import certification, jobs


@shared_task(name="user_audit.tasks.work_on")
def work_on(job_id: str) -> None:
    """Some users of one job. The table is the truth: delivered twice, it changes nothing."""
    if jobs.work(UUID(job_id)):
        jobs.send(UUID(job_id))


@shared_task(name="user_audit.tasks.certify")
def certify() -> None:
    """Starts the certification campaign that is due, reminds, and ends what is over."""
    certification.run_due()


@shared_task(name="user_audit.tasks.sweep")
def sweep() -> None:
    """Takes up what a dead worker or a lost message left, and what has become due."""
    for job in jobs.sweep():
        jobs.send(job.pk)
