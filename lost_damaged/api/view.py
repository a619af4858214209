"""The one address of the API. It needs no session and no CSRF token: every call is signed."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from lost_damaged.api import actions, body, calls, intents, payments, refusals, replies
from lost_damaged.api.calls import Call
from lost_damaged.api.refusals import Refusal
from lost_damaged.models import ApiReply

log = structlog.get_logger(__name__)
REPLAYED_FOR = timedelta(hours=24)
WRITES = {"UpdateInventoryStatus": actions.update_inventory_status, "RecordPayments": payments.record_payments}
READS = {"GetInventoryStatus": actions.get_inventory_status, "GetTransactions": actions.get_transactions}


@csrf_exempt
def api(request: HttpRequest) -> HttpResponse:
    """Whatever happens, the answer is a SuccessResponse or an ErrorResponse in the format that was asked for."""
    form = calls.form_of(request)
    action = request.GET.get("Action", "")
    action = action if action.isascii() and action.isalnum() else ""
    try:
        if request.method not in {"GET", "POST"}:
            raise refusals.not_post()
        data = body.read(request) if request.method == "POST" else b""
        call = calls.authenticate(request, data)
        if call.action in WRITES:
            if request.method != "POST":
                raise refusals.not_post()
            return _once(request, call, data)
        if call.action not in READS:
            raise refusals.unknown_action()
        answer = READS[call.action](call)
        return replies.response(replies.text(replies.success(call.action, answer.body, now=timezone.now()), form), form)
    except Refusal as refusal:
        return _refused(refusal, action, form)
    except (OperationalError, InterfaceError) as error:
        log.error("api_database_unavailable", action=action, error=type(error).__name__)
        return _refused(refusals.platform(503, "The database is not available. Send the call again."), action, form)
    except Exception:
        log.exception("api_failed", action=action)
        return _refused(refusals.platform(500, "Unexpected error. Sending the call again is safe."), action, form)


def _once(request: HttpRequest, call: Call, data: bytes) -> HttpResponse:
    """Under an `Idempotency-Key` a call is carried out once; its answer is given again, in the format of the first."""
    if not (key := intents.key_of(request)):
        return _update(call, data)
    digest = sha256(data).hexdigest()
    if before := intents.claim(user=call.user, key=key, digest=digest, now=timezone.now(), kept_for=REPLAYED_FOR):
        return _replayed(before, "XML" if before.startswith("<") else "JSON")
    try:
        response = _update(call, data)
    except BaseException:
        intents.given_up(user=call.user, key=key)
        raise
    intents.answered(user=call.user, key=key, body=response.content.decode())
    return response


def _replayed(text: str, form: str) -> HttpResponse:
    response = replies.response(text, form)
    response["Idempotent-Replayed"] = "true"
    return response


def _update(call: Call, data: bytes) -> HttpResponse:
    """Answer a call that was answered before with the same words; else do it and keep the answer."""
    digest = sha256(data).hexdigest()
    kept = ApiReply.objects.filter(
        user=call.user,
        signature=call.signature,
        body_sha256=digest,
        created_at__gt=timezone.now() - REPLAYED_FOR,
    ).first()
    if kept:
        return _replayed(kept.body, call.form)
    answer = WRITES[call.action](call, data)
    now = timezone.now()
    if answer.failed:
        content = replies.failure(
            call.action,
            code="0",
            message="Some elements were not processed",
            body={call.action: answer.failed} | dict(answer.body),
        )
    else:
        content = replies.success(call.action, answer.body, now=now)
    text = replies.text(content, call.form)
    with transaction.atomic():
        old = ApiReply.objects.filter(created_at__lte=now - REPLAYED_FOR).order_by("created_at").values("pk")[:50]
        ApiReply.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
        ApiReply.objects.bulk_create(
            [
                ApiReply(
                    user=call.user,
                    signature=call.signature,
                    body_sha256=digest,
                    status=200,
                    content_type=call.form,
                    body=text,
                    created_at=now,
                )
            ],
            ignore_conflicts=True,
        )
    return replies.response(text, call.form)


def _refused(refusal: Refusal, action: str, form: str) -> HttpResponse:
    kind = "Platform" if refusal.code == "6" else "Sender"
    content = replies.failure(action, code=refusal.code, message=refusal.message, kind=kind)
    response = replies.response(replies.text(content, form), form, status=refusal.status)
    if refusal.retry_after:
        response["Retry-After"] = str(refusal.retry_after)
    if refusal.status == 405:
        response["Allow"] = "POST"
    return response
