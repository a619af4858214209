"""Tables of the user audit, one subject a file."""

from user_audit.models.actions import ActionItem, ActionJob, ActionStep
from user_audit.models.certification import Campaign, Certification, CertificationPlan, Manager
from user_audit.models.iam import DisableRecord, IamAccount, IamArchive, IamScan, IamUser
from user_audit.models.identities import Identity, IdentityDay
from user_audit.models.people import DeletedUser, Protection, Review

__all__ = [
    "ActionItem",
    "ActionJob",
    "ActionStep",
    "Campaign",
    "Certification",
    "CertificationPlan",
    "DeletedUser",
    "DisableRecord",
    "IamAccount",
    "IamArchive",
    "IamScan",
    "IamUser",
    "Identity",
    "IdentityDay",
    "Manager",
    "Protection",
    "Review",
]
