"""Tables of lost and damaged, one subject a file."""

from lost_damaged.models.api import ApiIntent, ApiKey, ApiReply
from lost_damaged.models.claims import Claim, ClaimFile, ClaimStep, Side
from lost_damaged.models.imports import WriteOffFile, WriteOffRow
from lost_damaged.models.limits import Cap, Spending, WaitingUnit
from lost_damaged.models.nav import NavBatch, NavBatchLine
from lost_damaged.models.settings import Factor, FinanceSettings, SellerAccount
from lost_damaged.models.statements import Adjustment, Payment, Statement, StatementLine, StatementMail, StatementTotal
from lost_damaged.models.write_offs import LedgerEntry, Reason, SellerTransaction, Source, WriteOff, WriteOffHour

__all__ = [
    "Adjustment",
    "ApiIntent",
    "ApiKey",
    "ApiReply",
    "Cap",
    "Claim",
    "ClaimFile",
    "ClaimStep",
    "Factor",
    "FinanceSettings",
    "LedgerEntry",
    "NavBatch",
    "NavBatchLine",
    "Payment",
    "Reason",
    "SellerAccount",
    "SellerTransaction",
    "Side",
    "Source",
    "Spending",
    "Statement",
    "StatementLine",
    "StatementMail",
    "StatementTotal",
    "WaitingUnit",
    "WriteOff",
    "WriteOffFile",
    "WriteOffHour",
    "WriteOffRow",
]
