"""What changed since a report's rows were last made into findings, so that the next scan need not read all of them."""

from __future__ import annotations

from django.db import models


class ScanChange(models.Model):
    """A row of a report may be another one now. Written by triggers (sql/scan_notes.sql), taken by its scan.

    Nothing is unique here, so that no writer ever waits for another one.
    """

    EVERY_ROW = 0  # in place of a key

    report = models.CharField(max_length=50)
    key = models.BigIntegerField()  # what the report's rows are named by

    class Meta:
        indexes = [models.Index(fields=["report", "key"], name="scan_change_of_report")]

    def __str__(self) -> str:
        return f"{self.report} {self.key}"


class ReportScan(models.Model):
    """The moment that a report's findings were last scanned for, but for what is noted since; `whole_on` is the day
    (UTC) of the last scan that read all rows. Without it the next scan does."""

    report = models.CharField(max_length=50, primary_key=True)
    as_of = models.DateTimeField()
    whole_on = models.DateField()

    def __str__(self) -> str:
        return f"{self.report} {self.as_of}"
