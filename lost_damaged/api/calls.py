"""A call: its parameters, checked, and the user who signed it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import unquote_plus

from django.http import HttpRequest
from django.utils import timezone

from inventory_ops.kit import clients
from inventory_ops.models import User
from inventory_ops.operations import people
from lost_damaged.api import limits, refusals, signature
from lost_damaged.models import ApiKey
from lost_damaged.operations import api_keys

WINDOW = timedelta(minutes=15)
REQUIRED = ("Action", "Timestamp", "UserID", "Version", "Signature")
_SPACE_FOR_PLUS = re.compile(r" (?=\d\d:?\d\d$)")


@dataclass(frozen=True, slots=True)
class Call:
    """`parameters` without the signature; `form` is JSON or XML."""

    action: str
    form: str
    user: User
    signature: str
    parameters: dict[str, str]

    def flag(self, name: str) -> bool:
        return self.parameters.get(name, "") == "1"


def form_of(request: HttpRequest) -> str:
    """The format of the answer, also of a refusal."""
    pairs = signature.split(request.META.get("QUERY_STRING", ""))
    return "XML" if ("Format", "XML") in pairs else "JSON"


def authenticate(request: HttpRequest, body: bytes) -> Call:
    """Check parameters and signature. Raises Refusal."""
    raw_query = request.META.get("QUERY_STRING", "")
    parameters: dict[str, str] = {}
    for raw_name, raw_value in signature.split(raw_query):
        name = unquote_plus(raw_name)
        if name in parameters:
            raise refusals.Refusal(400, "1", f"Parameter {name[:40]!a} is given twice.")
        parameters[name] = unquote_plus(raw_value)
    for name in REQUIRED:
        if not parameters.get(name):
            raise refusals.missing(name)
    if parameters["Version"] != "1.0":
        raise refusals.bad_version()
    if parameters.get("Format", "JSON") not in {"JSON", "XML"}:
        raise refusals.Refusal(400, "1", "Format must be JSON or XML.")
    check_timestamp(parameters["Timestamp"])
    given = parameters.pop("Signature")
    user, key = _signer(raw_query, parameters["UserID"], given, clients.neighbourhood(clients.address(request)))
    digest = parameters.get("BodySHA256")
    if digest is None and key.needs_body_digest and request.method == "POST":
        raise refusals.missing("BodySHA256")
    if digest is not None and digest.lower() != sha256(body).hexdigest():
        raise refusals.bad_body("BodySHA256 is not the SHA-256 of the body.")
    limits.count_call(user.pk)
    return Call(
        action=parameters["Action"],
        form=parameters.get("Format", "JSON"),
        user=user,
        signature=given,
        parameters=parameters,
    )


def check_timestamp(text: str) -> None:
    """Raises Refusal unless `text` is a moment with an offset, at most 15 minutes from now."""
    try:
        moment = datetime.fromisoformat(_SPACE_FOR_PLUS.sub("+", text))
        if moment.tzinfo is None:
            raise ValueError("no offset")
        distance = abs(timezone.now() - moment)
    except (ValueError, OverflowError) as error:
        raise refusals.bad_timestamp() from error
    if distance > WINDOW:
        raise refusals.late()


def _account(email: str) -> User | None:
    found = User.objects.select_related("responsible").filter(email=email.strip().lower()[:254]).first()
    return found if found is not None and people.may_call(found) else None


def _signer(raw_query: str, email: str, given: str, address: str) -> tuple[User, ApiKey]:
    user = None if "\x00" in email else _account(email)
    keys: list[tuple[ApiKey | None, str]] = [*api_keys.active_texts(user)] if user else []
    # as much work for an unknown user as for a known one
    signed_by: ApiKey | None = None
    for key, text in keys or [(None, "no such key")]:
        if signature.matches(raw_query, given, text):
            signed_by = key
    if user is None or signed_by is None:
        limits.count_failure(address)
        raise refusals.login_failed()
    api_keys.used(signed_by.pk)
    return user, signed_by
