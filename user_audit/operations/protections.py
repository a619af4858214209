"""Protection of single people. It is given and lifted on the command line alone, never from a page."""

from __future__ import annotations

from django.db import transaction

from user_audit.models import Protection
from user_audit.operations import log


@transaction.atomic
def protect(*, email: str, reason: str, by: str) -> bool:
    """No action may touch this e-mail's accounts from now on. False when it was protected already."""
    email = email.strip().lower()
    _, made = Protection.objects.get_or_create(email=email, defaults={"reason": reason[:200], "by": by[:254]})
    if made:
        log.write("protect", by=None, subject=email, summary=f"Protected on the command line by {by}: {reason}")
    return made


@transaction.atomic
def lift(*, email: str, by: str) -> bool:
    """Ends the protection. False when there was none."""
    email = email.strip().lower()
    lifted, _ = Protection.objects.filter(email=email).delete()
    if lifted:
        log.write("unprotect", by=None, subject=email, summary=f"Protection lifted on the command line by {by}")
    return bool(lifted)
