"""Lists of the user audit."""

from user_audit.reports import actions, certifications, identities  # noqa: F401  (importing a report registers it)
