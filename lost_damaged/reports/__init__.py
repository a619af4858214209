"""The lists of lost and damaged, in the order of the menu."""

from lost_damaged.reports.claims import Claims
from lost_damaged.reports.double_payments import DoublePayments
from lost_damaged.reports.factors import Factors
from lost_damaged.reports.losses import LossesByMonth
from lost_damaged.reports.nav import NavBatches
from lost_damaged.reports.statement_lines import StatementLines
from lost_damaged.reports.statements import Statements
from lost_damaged.reports.transactions import SellerTransactions
from lost_damaged.reports.write_offs import WriteOffs

LISTS = [
    WriteOffs,
    SellerTransactions,
    Statements,
    StatementLines,
    NavBatches,
    DoublePayments,
    Claims,
    LossesByMonth,
    Factors,
]

__all__ = [
    "LISTS",
    "Claims",
    "DoublePayments",
    "Factors",
    "LossesByMonth",
    "NavBatches",
    "SellerTransactions",
    "StatementLines",
    "Statements",
    "WriteOffs",
]
