"""What the workers do. Each task translates its arguments and makes one domain call."""

from __future__ import annotations

from contextlib import suppress

from celery import shared_task
from django.utils import timezone

from inventory_ops.operations import exports, issues, jobs, ledger_partitions, order_months, scans, vendor_requests
from inventory_ops.operations.channels import drift, exchange
from inventory_ops.operations.imports import uploads
from inventory_ops.operations.notifications import deliveries, dispatch, view_mails
from inventory_ops.queries import status


@shared_task(name="inventory_ops.tasks.run_job")
def run_job(job_id: str) -> None:
    jobs.run(job_id)


@shared_task(name="inventory_ops.tasks.run_scan")
def run_scan(name: str, requested_by: str = "") -> None:
    with suppress(scans.ScanBusy, scans.ScanUnavailable):  # the one that runs sees the same data
        scans.run(name, requested_by=requested_by)
    dispatch.dispatch(now=timezone.now())


@shared_task(name="inventory_ops.tasks.deliver", soft_time_limit=60, time_limit=90)
def deliver(delivery_id: str) -> None:
    deliveries.deliver(delivery_id)


@shared_task(name="inventory_ops.tasks.send_view")
def send_view(subscription_id: int) -> None:
    view_mails.send_due(subscription_id, now=timezone.now())


@shared_task(name="inventory_ops.tasks.tick")
def tick() -> None:
    """Every minute: start due scans, notify people, send again what seems lost, refresh the issue tables."""
    now = timezone.now()
    scans.start_due(now=now)
    jobs.sweep(now=now)
    dispatch.dispatch(now=now)
    deliveries.sweep(now=now)
    view_mails.start_due(now=now)
    vendor_requests.remind(now=now)
    issues.refresh(as_of=now, patience=issues.PATIENCE)
    status.tick_done(now=now)


@shared_task(name="inventory_ops.tasks.channels_tick")
def channels_tick() -> None:
    """Every few seconds: a round with each channel that something can be done for."""
    exchange.start_due(now=timezone.now())


@shared_task(name="inventory_ops.tasks.sync_channel")
def sync_channel(channel_id: int) -> None:
    exchange.sync(channel_id)


@shared_task(name="inventory_ops.tasks.channels_hourly")
def channels_hourly() -> None:
    """Every hour: start the comparisons that are due."""
    drift.start_due(now=timezone.now())


@shared_task(name="inventory_ops.tasks.daily")
def daily() -> None:
    """Every night: months of ledger and order items are made ahead, or dropped when empty; files nobody needs go."""
    today = timezone.now().date()
    ledger_partitions.make_ahead(today=today)
    ledger_partitions.drop_empty(today=today)
    order_months.make_ahead(today=today)
    order_months.settle(today=today)
    order_months.drop_empty(today=today)
    uploads.delete_old(now=timezone.now())
    exports.delete_stray(now=timezone.now())
    dispatch.delete_old(now=timezone.now())
