"""When people last looked at a list."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ReportVisit(models.Model):
    """The visit of a person to a report: its latest look, and when the visit before it ended (None: the first one).

    Looks that follow each other closely are one visit, so that a second tab or a filter does not make what is new old.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="report_visits", db_index=False)
    report = models.CharField(max_length=50)
    latest_at = models.DateTimeField()
    since = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "report"], name="report_visit_is_one_a_person")]

    def __str__(self) -> str:
        return f"{self.report} {self.latest_at}"
