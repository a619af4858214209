"""People: accounts as administrators keep them, and the page where an invited person sets a password."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from inventory_ops.forms.people import AcceptForm, EmailForm, InviteForm, PersonForm
from inventory_ops.kit.page import Page
from inventory_ops.models import User
from inventory_ops.operations import invitations, people, person
from inventory_ops.registries.permissions import ADMIN, roles_required, signs_in_again, viewer
from inventory_ops.views import editing


def _page(title: str, *crumbs: tuple[str, str | None], subtitle: str = "", submit: str = "", back: str = "") -> Page:
    trail = [(_("Administration"), None), (_("People"), reverse("people")), *crumbs]
    return Page(title, subtitle, trail, submit_label=submit, cancel_url=back)


@roles_required(ADMIN)
@signs_in_again()
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Make an account and mail its owner the link."""
    form = InviteForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = invitations.invite(email=form.cleaned_data["email"], details=form.details(), by=viewer(request))
        except people.NotPossible as refused:
            form.add_error("email", str(refused))
        else:
            _mail(request, made)
            return HttpResponseRedirect(reverse("person", args=[made.pk]))
    page = _page(
        _("Invite a person"),
        (_("Invite"), None),
        subtitle=_("They get a mail with a link, and set their password themselves."),
        submit=_("Send the invitation"),
        back=reverse("people"),
    )
    return render(request, "inventory_ops/form.html", {"page": page, "form": form}, status=422 if form.errors else 200)


def _mail(request: HttpRequest, user: User) -> None:
    if invitations.send(user):
        text = _("An invitation was sent to %(email)s. Its link works for %(days)d days.")
        messages.success(request, text % {"email": user.email, "days": invitations.LIFETIME.days})
    else:
        text = _("The mail to %(email)s could not be sent. Check EMAIL_URL, then send the invitation again.")
        messages.error(request, text % {"email": user.email})


@roles_required(ADMIN)
@signs_in_again()
@require_http_methods(["GET", "HEAD", "POST"])
@editing.one_at_a_time
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: the form of name, role and merchant, and what else can be done to it."""
    user = get_object_or_404(User.objects.select_related("merchant", "responsible"), pk=pk)
    form = PersonForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_valid():
        try:
            changed = person.edit(user_id=user.pk, to=form.details(), seen=form.seen(), by=viewer(request))
        except person.PersonChanged as conflict:
            form.show_conflict(asdict(conflict.now))
            form.add_error(None, _("%(what)s Compare both values, then save again.") % {"what": str(conflict)})
        except people.NotPossible as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
            return HttpResponseRedirect(request.path)
    context = {
        "page": _page(user.email, (user.email, None), subtitle=user.name),
        "form": form,
        "person": user,
        "own": user.pk == viewer(request).pk,
        "invited": not user.is_service and not user.has_usable_password(),
        "has_factor": Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists(),
        "log_url": reverse("security-log", query={"q": user.email}),
    }
    return render(request, "inventory_ops/person.html", context, status=422 if form.errors else 200)


def _invite_again(request: HttpRequest, pk: int) -> None:
    _mail(request, invitations.invite_again(user_id=pk, by=viewer(request)))


type Verb = Callable[..., Any]
VERBS: dict[str, tuple[Verb, Any]] = {
    "deactivate": (person.deactivate, gettext_lazy("The account is deactivated; its sessions ended.")),
    "activate": (person.activate, gettext_lazy("The account is active again.")),
    "end-sessions": (person.end_sessions, gettext_lazy("All sessions of the account ended.")),
    "reset-second-factor": (person.reset_second_factor, gettext_lazy("The second factor is reset.")),
}


@roles_required(ADMIN)
@signs_in_again()
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """POST with `verb`: one of VERBS, or `invite`."""
    user = get_object_or_404(User, pk=pk)
    verb = request.POST.get("verb", "")
    try:
        if verb == "invite":
            _invite_again(request, user.pk)
        elif verb in VERBS:
            work, done = VERBS[verb]
            work(user_id=user.pk, by=viewer(request))
            messages.success(request, str(done))
        else:
            messages.error(request, _("Choose what to do with the account."))
    except people.NotPossible as refused:
        messages.error(request, str(refused))
    return HttpResponseRedirect(reverse("person", args=[user.pk]))


@roles_required(ADMIN)
@signs_in_again()
@require_http_methods(["GET", "HEAD", "POST"])
def change_email(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an account another e-mail; both addresses are notified."""
    user = get_object_or_404(User, pk=pk)
    address = reverse("person", args=[user.pk])
    form = EmailForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            people.change_email(user_id=user.pk, email=form.cleaned_data["email"], by=viewer(request))
        except people.NotPossible as refused:
            form.add_error("email", str(refused))
        else:
            messages.success(request, _("The e-mail was changed. Both addresses are notified."))
            return HttpResponseRedirect(address)
    page = _page(
        _("Change the e-mail"),
        (user.email, address),
        (_("E-mail"), None),
        subtitle=_("%(email)s signs in with the new e-mail; sessions end, and both addresses are notified.")
        % {"email": user.email},
        submit=_("Change the e-mail"),
        back=address,
    )
    return render(request, "inventory_ops/form.html", {"page": page, "form": form}, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """The link of an invitation: its owner sets name and password, and signs in with them."""
    user = invitations.find(token)
    if user is None:
        return render(request, "inventory_ops/invitation.html", {"form": None}, status=404)
    form = AcceptForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_valid():
        try:
            data = form.cleaned_data
            invitations.accept(token=token, name=data["name"], password=data["password1"])
        except people.NotPossible as refused:
            form.add_error(None, str(refused))
        else:
            logout(request)
            messages.success(request, _("Your password is set. Sign in with your e-mail and this password."))
            return HttpResponseRedirect(reverse("account_login"))
    context = {"form": form, "person": user}
    return render(request, "inventory_ops/invitation.html", context, status=422 if form.errors else 200)


urlpatterns: list[Any] = [
    path("new/", invite, name="person-new"),
    path("<int:pk>/", detail, name="person"),
    path("<int:pk>/act/", act, name="person-act"),
    path("<int:pk>/email/", change_email, name="person-email"),
]
