"""Messages that channels send."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from inventory_ops.adapters.protocol import WebhookRefused
from inventory_ops.operations.channels import webhooks


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, token: UUID) -> HttpResponse:
    """A channel's message. The signature is the only key: the address alone opens nothing."""
    try:
        webhooks.receive(token=token, headers=request.headers, body=request.body)
    except webhooks.NoSuchChannel:
        return HttpResponse("There is nothing here.\n", status=404, content_type="text/plain")
    except RequestDataTooBig:
        return HttpResponse("Too large.\n", status=413, content_type="text/plain")
    except WebhookRefused as refused:
        return HttpResponse(f"{refused}\n", status=400, content_type="text/plain")
    return HttpResponse(status=204)
