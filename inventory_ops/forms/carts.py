"""What getting in touch with the customers of carts asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.models import CartContact, Destination, User

CSV = "csv"


class ContactForm(forms.Form):
    how = forms.ChoiceField(label=gettext_lazy("How"), choices=CartContact.How.choices)
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("What was said. Leave out what is personal."),
    )


class EmailsForm(forms.Form):
    """Where the e-mails go: into a file, or to a webhook of the person who asks."""

    to = forms.ChoiceField(
        label=gettext_lazy("To"),
        widget=forms.RadioSelect,
        initial=CSV,
        help_text=gettext_lazy("Webhooks are those of your own notifications."),
    )
    contacted = forms.BooleanField(label=gettext_lazy("Mark the carts as contacted"), required=False, initial=True)

    def __init__(self, data: Any = None, *, viewer: User) -> None:
        super().__init__(data)
        hooks = Destination.objects.filter(user=viewer, kind=Destination.Kind.WEBHOOK, is_enabled=True)
        choice: Any = self.fields["to"]
        choice.choices = [(CSV, _("CSV file")), *((str(hook.pk), hook.name) for hook in hooks.order_by("name", "pk"))]
