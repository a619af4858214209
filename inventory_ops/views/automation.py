"""Settings › Rules for findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory_ops.forms.automation import RuleForm
from inventory_ops.kit.page import Page
from inventory_ops.kit.reports import registry
from inventory_ops.models import AutomationRule
from inventory_ops.operations import automation
from inventory_ops.operations.automation import RuleRefused, RuleValues
from inventory_ops.queries.automation import DryRun, dry_run, overlapping
from inventory_ops.registries.permissions import ADMIN, OPERATIONS, roles_required, viewer
from inventory_ops.views import editing


@dataclass(frozen=True, slots=True)
class Line:
    """A rule of the list; `after` are names of rules that decide before it over the same findings."""

    rule: AutomationRule
    report: Any
    after: str


def _rules() -> list[AutomationRule]:
    return list(AutomationRule.objects.select_related("merchant", "assign_to", "notify").order_by("position"))


@roles_required(OPERATIONS, ADMIN)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The rules in their order, with those that others go before."""
    rules = _rules()
    before = overlapping(rules)
    title = _("Rules for findings")
    context = {
        "page": Page(
            title,
            _("What is done when a finding opens. Where several are about it, the upper one decides."),
            [(_("Administration"), None), (_("Settings"), None), (title, None)],
        ),
        "lines": [Line(rule, registry.find(rule.report), ", ".join(before[rule.pk])) for rule in rules],
    }
    return render(request, "inventory_ops/automation.html", context)


@roles_required(OPERATIONS, ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new rule; “Try it” shows what it would have met."""
    form = RuleForm(request.POST if request.method == "POST" else None)
    tried = None
    if request.method == "POST" and form.is_valid():
        if "try" in request.POST:
            tried = _tried(form.wanted(), AutomationRule())
        else:
            try:
                made = automation.create(values=form.wanted(), by=viewer(request))
            except RuleRefused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("“%(name)s” is in force from the next scan on.") % {"name": made})
                return redirect("automation")
    return _form(request, form, _("New rule"), tried)


@roles_required(OPERATIONS, ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@editing.one_at_a_time
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A rule that is there; opened, it shows what it met in the last 30 days."""
    rule = get_object_or_404(AutomationRule.objects.select_related("merchant", "assign_to", "notify"), pk=pk)
    form = RuleForm(request.POST if request.method == "POST" else None, rule=rule)
    tried = _tried(RuleValues.of(rule), rule) if request.method != "POST" else None
    if request.method == "POST" and form.is_valid():
        if "try" in request.POST:
            tried = _tried(form.wanted(), rule)
        else:
            try:
                seen = RuleValues.of(rule)  # what the form was merged with
                done = automation.change(rule=rule, values=form.wanted(), seen=seen, by=viewer(request))
            except RuleRefused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("Saved.") if done else _("Nothing was changed."))
                return redirect("automation")
    return _form(request, form, rule.name, tried)


def _tried(values: RuleValues, rule: AutomationRule) -> DryRun:
    tried = AutomationRule(
        pk=rule.pk,
        position=rule.position,
        **{name: getattr(values, name) for name in RuleValues.__dataclass_fields__},
    )
    return dry_run(tried, about=getattr(registry.find(values.report), "about", ""), now=timezone.now())


def _form(request: HttpRequest, form: RuleForm, title: str, tried: DryRun | None) -> HttpResponse:
    context = {
        "page": Page(
            title=title,
            breadcrumbs=[(_("Rules for findings"), reverse("automation")), (title, None)],
            submit_label=_("Save the rule"),
            cancel_url=reverse("automation"),
        ),
        "form": form,
        "tried": tried,
        "report": form["report"].value(),
    }
    return render(request, "inventory_ops/automation_rule.html", context, status=422 if form.errors else 200)


@roles_required(OPERATIONS, ADMIN)
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a rule (`verb` up or down), or delete it."""
    rule, by = get_object_or_404(AutomationRule, pk=pk), viewer(request)
    verb = request.POST.get("verb")
    if verb in ("up", "down"):
        if not automation.move(rule=rule, up=verb == "up", by=by):
            messages.info(request, _("It stands there already."))
    elif verb == "delete" and automation.delete(rule=rule, by=by):
        messages.success(request, _("“%(name)s” was deleted. What it did stays.") % {"name": rule})
    return redirect("automation")
