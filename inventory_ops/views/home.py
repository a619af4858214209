"""Overview, search, health, guide."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from inventory_ops.kit.page import Page
from inventory_ops.operations import preferences
from inventory_ops.pages import frame, guide, palette
from inventory_ops.pages import overview as overview_page
from inventory_ops.queries import health, search, suggestions
from inventory_ops.registries.permissions import ADMIN, OPERATIONS, roles_required, viewer


@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    shown = request.GET.get("activity", "")
    page = overview_page.build(viewer=viewer(request), now=timezone.now(), shown=shown)
    return render(request, "inventory_ops/dashboard.html", {"page": page})


@roles_required(OPERATIONS, ADMIN)
@require_POST
def dismiss_first_steps(request: HttpRequest) -> HttpResponse:
    preferences.dismiss_first_steps(user=viewer(request))
    return HttpResponseRedirect(reverse("overview"))


@login_required
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """What the palette finds: actions, pages, views of lists, records; without script a page of its own."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    user = viewer(request)
    groups = [*palette.groups(text=text, viewer=user), *search.everything(text=text, viewer=user)]
    template = (
        "inventory_ops/_palette_results.html" if request.headers.get("HX-Request") else "inventory_ops/search.html"
    )
    return render(request, template, {"query": text, "groups": groups})


@login_required
@require_safe
def suggest(request: HttpRequest, kind: str) -> JsonResponse:
    """What a filter offers for the letters typed so far."""
    find = suggestions.KINDS.get(kind)
    if find is None:
        raise Http404
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = find(text, viewer=viewer(request)) if text else []
    return JsonResponse({"results": [{"value": value, "text": said} for value, said in found]})


@login_required
@require_safe
def section(request: HttpRequest, key: str) -> HttpResponse:
    """What a section of the menu leads to, for the viewer: where its name in a breadcrumb goes."""
    groups = [group for group in frame.groups(request, viewer(request)) if group.key == key and key]
    if not groups:
        raise Http404
    page = Page(title=str(groups[0].title), breadcrumbs=[])
    return render(request, "inventory_ops/section.html", {"page": page, "group": groups[0]})


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when database, broker and migrations are fine, else 503 naming what is down. For probes: no login."""
    if request.GET.get("live"):
        return JsonResponse({"status": "live"})
    problems = health.problems()
    body = {"status": "down" if problems else "ok", **{name: problems.get(name, "ok") for name in health.CHECKS}}
    return JsonResponse(body, status=503 if problems else 200)


@login_required
@require_safe
def docs(request: HttpRequest, name: str = "") -> HttpResponse:
    """A page of the guide."""
    try:
        page = guide.page(name, viewer=viewer(request))
    except KeyError:
        raise Http404 from None
    return render(request, "docs/page.html", {"page": page})
