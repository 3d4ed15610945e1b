"""The form of a webhook."""

from __future__ import annotations

from typing import Any

from django import forms

from repos import hook_events
from repos.forms import MONO
from repos.models import Webhook


class WebhookForm(forms.Form):
    """Where to, in what form, which events, and the secret that signs them."""

    url = forms.CharField(
        label="Address",
        max_length=2048,
        widget=forms.URLInput(attrs={**MONO, "placeholder": "https://ci.example.org/hook"}),
        help_text="Each event is sent there as a POST request. Private addresses are refused by default.",
    )
    format = forms.ChoiceField(
        label="Format",
        choices=Webhook.Format.choices,
        help_text="JSON and Form carry what Gitea and GitHub send; the others are messages for a chat.",
    )
    secret = forms.CharField(
        label="Secret",
        required=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={**MONO, "autocomplete": "new-password"}),
        help_text="Signs each body with HMAC-SHA256, in the headers X-Cairn-Signature and X-Hub-Signature-256.",
    )
    no_secret = forms.BooleanField(label="Remove the secret", required=False)
    events = forms.MultipleChoiceField(
        label="Events",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: all events, those to come too.",
    )
    branches = forms.CharField(
        label="Branches",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={**MONO, "placeholder": "main"}),
        help_text="Only pushes to branches of this pattern, such as main or release/*. Empty: all branches.",
    )
    is_active = forms.BooleanField(label="Active", required=False, initial=True)

    def __init__(self, data: Any = None, *, webhook: Webhook | None = None) -> None:
        self.webhook = webhook
        names = ("url", "format", "events", "branches", "is_active")
        super().__init__(data, initial={name: getattr(webhook, name) for name in names} if webhook else None)
        choices = self.fields["events"]
        assert isinstance(choices, forms.MultipleChoiceField)
        choices.choices = [(event.key, event.label) for event in hook_events.events()]
        if webhook is None or not webhook.sealed_secret:
            del self.fields["no_secret"]
        else:
            self.fields["secret"].label = "New secret"
            self.fields["secret"].help_text = "There is a secret; leave this empty to keep it."

    def values(self) -> dict[str, Any]:
        """What the services take; no secret means that it stays as it is."""
        found = dict(self.cleaned_data)
        remove, secret = found.pop("no_secret", False), found.pop("secret")
        return {**found, "secret": "" if remove else secret or None} if self.webhook else {**found, "secret": secret}
