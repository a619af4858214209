"""The page that makes the first administrator. Its address is printed by `manage.py serve`."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from inventory_ops.forms.set_up import SetUpForm
from inventory_ops.operations import set_up

BACKEND = "config.accounts.EmailBackend"


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class SetUp(View):
    def dispatch(self, request: HttpRequest, *args: object, **kwargs: str) -> HttpResponse:
        try:
            set_up.check(kwargs["token"])
            return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]
        except set_up.SetUpClosed:
            return render(request, "inventory_ops/set_up_closed.html", status=404)

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._page(request, SetUpForm())

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        form = SetUpForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, status=422)
        data = form.cleaned_data
        user = set_up.make_first_administrator(
            token=token,
            email=data["email"],
            name=data["name"],
            password=data["password"],
            beginning=set_up.Beginning(data["shop_name"], data["timezone"], data["currency"]),
        )
        login(request, user, backend=BACKEND)
        # where the role needs a second factor, the middleware leads on to it
        return HttpResponseRedirect(reverse("overview"))

    def _page(self, request: HttpRequest, form: SetUpForm, status: int = 200) -> HttpResponse:
        connected = bool(settings.AWS_REAL or settings.AWS_ENDPOINT_URL)
        context = {"form": form, "aws_connected": connected}
        return render(request, "inventory_ops/set_up.html", context, status=status)
