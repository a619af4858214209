"""The form of an API token."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from inventory_ops.models import Scope, User

LIVES = {30: _("30 days"), 90: _("90 days"), 180: _("180 days"), 365: _("1 year")}


class AccountChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, user: Any) -> str:
        return f"{user.email} ({user.get_role_display()})"


class TokenForm(forms.Form):
    """A new token, for the viewer's own account or a service account."""

    user = AccountChoice(label=_("Account"), queryset=User.objects.none())
    name = forms.CharField(label=_("Name of the token"), max_length=60, help_text=_("Where it is used."))
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        initial=[Scope.READ],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("No more than the account itself may."),
    )
    days = forms.TypedChoiceField(label=_("Ends after"), choices=list(LIVES.items()), coerce=int, initial=90)

    def __init__(self, *args: Any, accounts: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        assert isinstance(field, AccountChoice)
        field.queryset = accounts
