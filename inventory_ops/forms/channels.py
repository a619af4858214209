"""Forms of channels. Which settings they ask for is declared by the kind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from inventory_ops.adapters.kinds import Kind
from inventory_ops.forms.seen import MergedForm
from inventory_ops.kit.numbers import whole
from inventory_ops.models import Channel, ChannelListing, Merchant
from inventory_ops.operations.channels.setup import RULES, Details

LARGEST = 2_147_483_647
LONGEST_WINDOW = 14 * 24 * 60  # minutes


class RuleForm(MergedForm):
    """How much of what is available is offered."""

    buffer = forms.IntegerField(
        label=_("Keep back"),
        required=False,
        min_value=0,
        max_value=LARGEST,
        help_text=_("Units that are never offered. Empty: 0."),
    )
    percent = forms.DecimalField(
        label=_("Offer percent"),
        required=False,
        max_digits=7,
        decimal_places=4,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("Share of the rest, rounded down. Empty: 100."),
    )
    min_quantity = forms.IntegerField(
        label=_("At least"),
        required=False,
        min_value=0,
        max_value=LARGEST,
        help_text=_("Offered while anything is available. More than you have risks overselling."),
    )
    max_quantity = forms.IntegerField(
        label=_("At most"), required=False, min_value=0, max_value=LARGEST, help_text=_("Empty: no limit.")
    )
    end_when = forms.IntegerField(
        label=_("End when"),
        required=False,
        min_value=0,
        max_value=LARGEST,
        help_text=_("Offer 0 when this many or fewer are available. Empty: 0."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        least, most = cleaned.get("min_quantity"), cleaned.get("max_quantity")
        if least is not None and most is not None and least > most:
            self.add_error("min_quantity", _("This is more than “At most”. Lower it, or raise the other."))
        return cleaned

    def rules(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in RULES}

    @staticmethod
    def rules_of(of: Channel | ChannelListing) -> dict[str, Any]:
        rules = {name: getattr(of, name) for name in RULES}
        if rules["percent"] is not None:
            rules["percent"] = f"{rules['percent'].normalize():f}"
        return rules


class ListingForm(RuleForm):
    """The rule of one listing."""

    def __init__(self, data: Any, *, listing: ChannelListing) -> None:
        super().__init__(data, initial=self.rules_of(listing))
        self.carry(RULES)


class ChannelForm(RuleForm):
    """A channel of one kind; of one that exists already, secret settings may stay empty."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("As people call it, like “Web shop”."))
    is_primary = forms.BooleanField(
        label=_("Primary Marketplace"),
        required=False,
        help_text=_(
            "Teaches the numbers to start with. One a merchant; correct its inventory before the first import."
        ),
    )
    takes_orders = forms.BooleanField(
        label=_("Take its orders"), required=False, initial=True, help_text=_("They allocate and ship stock here.")
    )
    takes_carts = forms.BooleanField(
        label=_("Take its carts"),
        required=False,
        initial=True,
        help_text=_("With its orders: those left behind are listed under Checkout abandoned orders."),
    )
    cancel_minutes = forms.IntegerField(
        label=_("Cancellation window, minutes"),
        initial=30,
        min_value=0,
        max_value=LONGEST_WINDOW,
        help_text=_("A cancellation this soon gives the units back by itself; a later one waits for a person."),
    )

    def __init__(self, *args: Any, kind: Kind, channel: Channel | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.channel = kind, channel
        for each in kind.settings:
            stored = channel is not None and each.secret
            self.fields[f"set_{each.name}"] = forms.CharField(
                label=each.label,
                max_length=500,
                required=each.required and not stored,
                help_text=_("Stored, and not shown again. Leave it empty to keep it.") if stored else each.help,
                initial=channel.options.get(each.name, "") if channel and not each.secret else each.default,
                widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"})
                if each.secret
                else forms.TextInput(attrs={"autocomplete": "off"}),
            )
        if not kind.caps.tells_carts:
            del self.fields["takes_carts"]
        if channel is None:
            self.fields["merchant"] = forms.ModelChoiceField(
                Merchant.objects.order_by("vendor_number"), label=_("Merchant"), empty_label=_("Choose a merchant")
            )
            self.fields["code"] = forms.SlugField(
                label=_("Code"),
                max_length=20,
                help_text=_("Begins the numbers of its orders here, like WEB in WEB-1001. Cannot be changed."),
            )
        else:
            self.initial = {
                "name": channel.name,
                "is_primary": channel.is_primary,
                "takes_orders": channel.takes_orders,
                "takes_carts": channel.takes_carts,
                "cancel_minutes": int(channel.cancel_window.total_seconds() // 60),
                **self.rules_of(channel),
                **self.initial,
            }
        settings = [f"set_{each.name}" for each in kind.settings]
        self.order_fields(
            ["merchant", "name", "code", *settings, "is_primary", "takes_orders", "takes_carts", "cancel_minutes"]
        )
        if channel is not None:
            secret = {f"set_{each.name}" for each in kind.settings if each.secret}
            self.carry(name for name in [*self.fields] if name not in secret)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for each in self.kind.settings:
            text = cleaned.get(f"set_{each.name}")
            if text and each.check:
                try:
                    each.check(text)
                except ValueError as error:
                    self.add_error(f"set_{each.name}", ValidationError(str(error)))
        return cleaned

    def details(self) -> Details:
        cleaned = self.cleaned_data
        return Details(
            name=cleaned["name"],
            is_primary=cleaned["is_primary"],
            takes_orders=cleaned["takes_orders"],
            takes_carts=cleaned.get("takes_carts", True),
            cancel_window=timedelta(minutes=cleaned["cancel_minutes"]),
            rules=self.rules(),
            primary_over_from=whole(self.data.get("primary_over_from")) if self.data.get("takes_over") else None,
        )

    def ask_to_take_over(self, holder: Channel) -> None:
        """Offer to take the role of the Primary Marketplace from the channel that has it."""
        self.fields["takes_over"] = forms.BooleanField(
            label=gettext("“%(name)s” loses the role of the Primary Marketplace") % {"name": holder.name},
            required=False,
        )
        self.fields["primary_over_from"] = forms.CharField(widget=forms.HiddenInput, required=False)
        names = [name for name in self.fields if name != "takes_over"]
        names.insert(names.index("is_primary") + 1, "takes_over")
        self.order_fields(names)
        data = cast(QueryDict, self.data).copy()
        data["primary_over_from"] = str(holder.pk)
        data.pop("takes_over", None)  # whoever confirmed another one confirms again
        self.data = data

    def settings(self) -> dict[str, str]:
        return {each.name: self.cleaned_data[f"set_{each.name}"] for each in self.kind.settings}


class FileForm(forms.Form):
    """A file of a marketplace that has no API."""

    what = forms.ChoiceField(
        label=_("What is in it"),
        choices=[
            ("catalogue", _("Catalogue with quantities")),
            ("orders", _("Orders")),
            ("carts", _("Carts, all of them")),
        ],
        widget=forms.RadioSelect,
        initial="catalogue",
    )
    file = forms.FileField(label=_("CSV file"), max_length=200, help_text=_("Plain or .gz, UTF-8."))
