"""The sessions of one's own account: where it is signed in, and the way to end that."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from inventory_ops.kit.numbers import whole
from inventory_ops.kit.page import Page
from inventory_ops.operations import people, sessions
from inventory_ops.registries.permissions import viewer


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """POST with `end` (a session's number) ends that one, with `everywhere` all of them, this one included."""
    user = viewer(request)
    if request.method == "POST":
        return _everywhere(request) if "everywhere" in request.POST else _end(request)
    context = {
        "page": Page(
            title=_("My sessions"),
            subtitle=_("Where your account is signed in."),
            breadcrumbs=[(_("My account"), None), (_("Sessions"), None)],
        ),
        "sessions": sessions.of(user),
        "current": request.session.session_key,
        "idle": int(sessions.idle_limit(user).total_seconds() // 60),
        "now": timezone.now(),
    }
    return render(request, "inventory_ops/sessions.html", context)


def _everywhere(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    people.end_sessions(user_id=user.pk, by=user)
    logout(request)
    messages.success(request, _("You are signed out everywhere."))
    return HttpResponseRedirect(reverse("account_login"))


def _end(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    chosen = [number for each in request.POST.getlist("end")[:100] if (number := whole(each)) is not None]
    ended = sessions.end(user=user, pks=[number for number in chosen if number < 2**63], by=user)
    text = ngettext("%(n)d session was ended.", "%(n)d sessions were ended.", ended) % {"n": ended}
    messages.success(request, text)
    return HttpResponseRedirect(reverse("own-sessions"))
