"""A channel's settings: what is secret among them is encrypted at rest and never shown again."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.utils.translation import gettext as _

from inventory_ops.adapters.protocol import AuthFailed
from inventory_ops.kit import sealing
from inventory_ops.models import Channel

PURPOSE = "inventory_ops.channel"


def sealed(secrets: Mapping[str, str]) -> bytes:
    return sealing.seal(json.dumps(dict(secrets)), purpose=PURPOSE)


def secrets_of(channel: Channel) -> dict[str, str]:
    """The secret settings in clear. Raises AuthFailed when the present SECRET_KEY cannot read them."""
    if not channel.credentials:
        return {}
    try:
        found: dict[str, str] = json.loads(sealing.unseal(channel.credentials, purpose=PURPOSE))
    except sealing.SealBroken:
        raise AuthFailed(
            _("The stored credentials cannot be read under the present SECRET_KEY. Enter them again.")
        ) from None
    return found


def settings_of(channel: Channel) -> dict[str, str]:
    """All settings of the channel, as its kind takes them."""
    return {**channel.options, **secrets_of(channel)}
