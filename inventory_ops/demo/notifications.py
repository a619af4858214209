"""What the demo's people are notified about: all of their topics in the app, and a daily mail for operations."""

from __future__ import annotations

from datetime import datetime

from inventory_ops.models import Destination, User
from inventory_ops.operations.notifications import destinations
from inventory_ops.registries import topics


def subscribe(now: datetime) -> None:
    """Give every demo login a bell that rings."""
    for user in User.objects.filter(is_demo=True).order_by("pk"):
        kinds = [(Destination.Kind.APP, Destination.Frequency.INSTANT)]
        if user.role == "operations":
            kinds.append((Destination.Kind.EMAIL, Destination.Frequency.DAILY))
        chosen = [topic.key for topic in topics.offered_to(user)]
        for kind, frequency in kinds:
            made, _key = destinations.create(user=user, kind=kind, frequency=frequency, name="", address="", now=now)
            destinations.subscribe(destination=made, chosen=chosen, merchant=None, by=user)
