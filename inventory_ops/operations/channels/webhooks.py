"""Messages of channels: verified, counted once, and taken as hints: the order itself is read from the channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast
from uuid import UUID

from django.utils import timezone

from inventory_ops.adapters import kinds
from inventory_ops.adapters.protocol import AuthFailed, TakesWebhooks, WebhookRefused
from inventory_ops.models import Channel, ChannelWebhook
from inventory_ops.operations.channels import exchange


class NoSuchChannel(Exception):
    """No channel in use takes messages at this address."""


def receive(*, token: UUID, headers: Mapping[str, str], body: bytes) -> bool:
    """Take a message; answers whether it is new. Raises NoSuchChannel, and WebhookRefused for a bad signature."""
    channel = Channel.objects.filter(webhook_token=token, state=Channel.State.SYNCED).first()
    if channel is None or channel.kind not in {kind.name for kind in kinds.every() if kind.webhooks}:
        raise NoSuchChannel
    try:
        adapter = cast("TakesWebhooks", exchange.open_adapter(channel))
    except AuthFailed as error:
        raise WebhookRefused("The channel has no readable credentials.") from error
    message = adapter.webhook(headers, body)
    _row, made = ChannelWebhook.objects.get_or_create(
        channel=channel,
        delivery_id=message.delivery_id,
        defaults={"topic": message.topic, "order_id": message.order_id, "received_at": timezone.now()},
    )
    if made:
        exchange.request(channel.pk)
    return made
