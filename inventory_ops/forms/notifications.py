"""Forms of notification settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.forms.vendors import OfVendor
from inventory_ops.kit.fields import suggesting
from inventory_ops.models import Destination, User, ViewSubscription
from inventory_ops.operations.notifications.destinations import NEEDS_ADDRESS
from inventory_ops.registries import topics


class DestinationForm(forms.Form):
    """A new destination; webhook and chat need an address."""

    kind = forms.ChoiceField(label=gettext_lazy("How"), choices=Destination.Kind.choices)
    frequency = forms.ChoiceField(
        label=gettext_lazy("How often"),
        choices=Destination.Frequency.choices,
        help_text=gettext_lazy("Digests are sent at 07:00 UTC, weekly ones on Mondays, and only when there is news."),
    )
    address = forms.CharField(
        label=gettext_lazy("Address"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=60)

    def __init__(self, *args: Any, user: User, schemes: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if Destination.objects.filter(user=user, kind=Destination.Kind.APP).exists():
            self.fields["kind"].choices = Destination.Kind.choices[1:]  # type: ignore[attr-defined]
        names = ", ".join(f"{scheme}://… ({label})" for scheme, label in schemes.items())
        self.fields["address"].help_text = _(
            "Of a webhook (https://…) or a chat: %(names)s. E-mail goes to %(email)s."
        ) % {"names": names, "email": user.email}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("kind") in NEEDS_ADDRESS and not cleaned.get("address"):
            self.add_error("address", _("Webhook and chat need an address."))
        return cleaned


class SubscriptionForm(OfVendor, forms.Form):
    """What a destination is notified about; staff may narrow it to one vendor."""

    topics = forms.MultipleChoiceField(label=gettext_lazy("Tell me about"), widget=forms.CheckboxSelectMultiple)
    vendor = forms.CharField(
        label=gettext_lazy("Only of vendor number"),
        required=False,
        max_length=50,
        widget=suggesting("vendor"),
        help_text=gettext_lazy("Leave empty for all vendors."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = topics.offered_to(user)
        self.fields["topics"].choices = [(topic.key, topic.label) for topic in offered]  # type: ignore[attr-defined]
        if not user.sees_all_merchants:
            del self.fields["vendor"]


class ViewSubscriptionForm(forms.Form):
    """How often a saved view is sent, and where: to one's mailbox, or to a chat of one's own."""

    frequency = forms.ChoiceField(
        label=gettext_lazy("How often"),
        choices=ViewSubscription.Frequency.choices,
        help_text=gettext_lazy(
            "Every day at 07:00 UTC, every week on Mondays. Changes are looked for every hour: rows that came or went."
        ),
    )
    where = forms.ChoiceField(label=gettext_lazy("Where"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chats = Destination.objects.filter(user=user, kind=Destination.Kind.CHAT, is_enabled=True).order_by("pk")
        self.chats = {str(each.pk): each for each in chats}
        self.fields["where"].choices = [  # type: ignore[attr-defined]
            ("", _("E-mail to %(email)s") % {"email": user.email}),
            *((key, f"{each.name} · {each.shown_address}") for key, each in self.chats.items()),
        ]
        if not self.chats:
            self.fields["where"].help_text = _("A chat can be chosen once it is among your destinations.")

    @property
    def destination(self) -> Destination | None:
        """The chat that was chosen; None is the mailbox."""
        return self.chats.get(self.cleaned_data["where"])
