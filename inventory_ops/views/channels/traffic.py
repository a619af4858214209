"""Sending listings again, and messages that channels send."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import RequestDataTooBig, ValidationError
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from inventory_ops.adapters.protocol import WebhookRefused
from inventory_ops.kit.bulk import choose
from inventory_ops.kit.numbers import whole
from inventory_ops.kit.reports import registry
from inventory_ops.operations.channels import setup, webhooks
from inventory_ops.registries.permissions import roles_required, viewer
from inventory_ops.views.addresses import safe_next
from inventory_ops.views.channels.page import MANAGERS

MOST_SENT = 10_000  # listings of one bulk


@roles_required(*MANAGERS)
@require_POST
def send_again(request: HttpRequest) -> HttpResponse:
    """Send the ticked listings again, or all that match."""
    user = viewer(request)
    back = safe_next(request, reverse("channels-listings"))
    try:
        chosen = choose(request.POST, registry.get("channels-listings"), viewer=user, key=F("pk"), most=MOST_SENT)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(back)
    if chosen.changed:
        messages.warning(request, chosen.changed)
        return HttpResponseRedirect(back)
    ids = [number for each in chosen.keys if (number := whole(each)) is not None]
    count = setup.send_again(listing_ids=ids, by=user)
    if count:
        messages.success(
            request, ngettext("%(n)s quantity is sent again.", "%(n)s quantities are sent again.", count) % {"n": count}
        )
    else:
        messages.warning(request, _("No listing of a channel in use was selected."))
    return HttpResponseRedirect(back)


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
