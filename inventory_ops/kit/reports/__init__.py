"""Reports: one declaration, every face."""

from inventory_ops.kit.reports.report import (
    Breakdown,
    Earlier,
    Kpi,
    Lead,
    Link,
    Report,
    Selection,
    Step,
    View,
    register,
    registry,
)
from inventory_ops.kit.reports.scope import Scope, Window

__all__ = [
    "Breakdown",
    "Earlier",
    "Kpi",
    "Lead",
    "Link",
    "Report",
    "Scope",
    "Selection",
    "Step",
    "View",
    "Window",
    "register",
    "registry",
]
