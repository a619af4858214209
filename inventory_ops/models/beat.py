"""What the beats share: which of them sends, and when each periodic task was last sent."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class BeatLease(models.Model):
    """One row: the beat that sends, until when. The times are those of the database's clock."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    holder = models.CharField(max_length=200)
    until = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="beat_lease_is_one")]

    def __str__(self) -> str:
        return self.holder


class BeatEntry(models.Model):
    """A periodic task, and when it was last sent by the database's clock."""

    name = models.CharField(max_length=100, primary_key=True)
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
