"""Tables of the base app, one subject a file."""

from inventory_ops.models.api_tokens import ApiToken, Scope
from inventory_ops.models.audit import AuditEvent
from inventory_ops.models.automation import AutomationRule
from inventory_ops.models.beat import BeatEntry, BeatLease
from inventory_ops.models.carts import CartContact
from inventory_ops.models.catalog import Category, Product
from inventory_ops.models.channels import (
    Channel,
    ChannelChange,
    ChannelDay,
    ChannelImport,
    ChannelImportRow,
    ChannelListing,
    ChannelOrder,
    ChannelOrderLine,
    ChannelWebhook,
)
from inventory_ops.models.findings import (
    Finding,
    FindingEvent,
    FindingTotal,
    ReportDay,
    ReportFigure,
    SavedView,
    ScanRun,
    ScanSchedule,
)
from inventory_ops.models.imports import Import, ImportMapping, ImportRowError, ImportRowWarning
from inventory_ops.models.issues import (
    InventoryCostIssue,
    IssueChange,
    IssueRefresh,
    OrderCostIssue,
    ShippingCandidate,
    ShippingIssue,
)
from inventory_ops.models.jobs import Job
from inventory_ops.models.ledger import AdjustmentReason, EventActor, EventKey, InventoryEvent
from inventory_ops.models.marks import ProductMark
from inventory_ops.models.merchants import Merchant, Store
from inventory_ops.models.notifications import Delivery, Destination, Notice, Notification, Subscription
from inventory_ops.models.order_keys import OrderItemKey
from inventory_ops.models.orders import Order, OrderItem, PaymentAttempt
from inventory_ops.models.pricing import FlashSale, PriceChange, PriceGuard
from inventory_ops.models.proposals import Proposal
from inventory_ops.models.rates import CurrencyFactor, ExchangeRate
from inventory_ops.models.scan_changes import ReportScan, ScanChange
from inventory_ops.models.shop import Shop
from inventory_ops.models.statistics import ProductDemand, ProductStock, StockTotal
from inventory_ops.models.stock import InventoryType, Location, StockBalance
from inventory_ops.models.users import User
from inventory_ops.models.vendors import VendorRequest
from inventory_ops.models.view_subscriptions import ViewSubscription
from inventory_ops.models.visits import ReportVisit

__all__ = [
    "AdjustmentReason",
    "ApiToken",
    "AuditEvent",
    "AutomationRule",
    "BeatEntry",
    "BeatLease",
    "CartContact",
    "Category",
    "Channel",
    "ChannelChange",
    "ChannelDay",
    "ChannelImport",
    "ChannelImportRow",
    "ChannelListing",
    "ChannelOrder",
    "ChannelOrderLine",
    "ChannelWebhook",
    "CurrencyFactor",
    "Delivery",
    "Destination",
    "EventActor",
    "EventKey",
    "ExchangeRate",
    "Finding",
    "FindingEvent",
    "FindingTotal",
    "FlashSale",
    "Import",
    "ImportMapping",
    "ImportRowError",
    "ImportRowWarning",
    "InventoryCostIssue",
    "InventoryEvent",
    "InventoryType",
    "IssueChange",
    "IssueRefresh",
    "Job",
    "Location",
    "Merchant",
    "Notice",
    "Notification",
    "Order",
    "OrderCostIssue",
    "OrderItem",
    "OrderItemKey",
    "PaymentAttempt",
    "PriceChange",
    "PriceGuard",
    "Product",
    "ProductDemand",
    "ProductMark",
    "ProductStock",
    "Proposal",
    "ReportDay",
    "ReportFigure",
    "ReportScan",
    "ReportVisit",
    "SavedView",
    "ScanChange",
    "ScanRun",
    "ScanSchedule",
    "Scope",
    "ShippingCandidate",
    "ShippingIssue",
    "Shop",
    "StockBalance",
    "StockTotal",
    "Store",
    "Subscription",
    "User",
    "VendorRequest",
    "ViewSubscription",
]
