"""Celery tasks of lost and damaged."""

from __future__ import annotations

from celery import shared_task

from lost_damaged.operations import claim_steps


@shared_task(name="lost_damaged.tasks.claims")
def claims() -> None:
    """Reminds of answers that are due, and ends the turn of sellers who did not answer."""
    claim_steps.run_due()
