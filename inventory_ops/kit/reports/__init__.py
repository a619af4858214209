"""Reports: one declaration, every face."""

from inventory_ops.kit.reports.report import Kpi, Report, Selection, View, register, registry
from inventory_ops.kit.reports.scope import Scope, Window

__all__ = ["Kpi", "Report", "Scope", "Selection", "View", "Window", "register", "registry"]
