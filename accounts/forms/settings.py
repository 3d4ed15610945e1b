"""What people change about themselves."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms

from accounts import places
from accounts.actor import Actor
from accounts.forms.base import HubForm, show_error
from accounts.levels import Level
from hub.lib.errors import NotFound

SCOPES = [
    ("read", "Read: clone, download, look at runs"),
    ("write", "Write: also push, upload and log runs"),
    ("admin", "Admin: also settings and people"),
]
LIFETIMES = [("30", "30 days"), ("90", "90 days"), ("365", "1 year"), ("never", "No expiry")]


class ProfileForm(HubForm):
    """What others see, and how the hub looks."""

    full_name = forms.CharField(
        label="Full name",
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    bio = forms.CharField(
        label="About you",
        max_length=500,
        required=False,
        help_text="At most 500 characters, shown on your page.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    theme = forms.ChoiceField(
        label="Appearance",
        choices=[("system", "As the system"), ("light", "Light"), ("dark", "Dark")],
    )

    def clean_theme(self) -> str:
        """The theme as it is kept: empty for the system's."""
        chosen = str(self.cleaned_data["theme"])
        return "" if chosen == "system" else chosen


class EmailForm(HubForm):
    """Where a person is reached, which their password guards."""

    email = forms.EmailField(
        label="E-mail",
        required=False,
        help_text="Only you and administrators see it. You can sign in with it.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        label="Current password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class TokenForm(HubForm):
    """A new access token."""

    name = forms.CharField(
        label="What is it for",
        max_length=100,
        help_text="Such as the machine or job that uses it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scope = forms.ChoiceField(label="It may", choices=SCOPES, initial="write", widget=forms.RadioSelect)
    repository = forms.CharField(
        label="Only for the repository",
        required=False,
        help_text="As owner/name. Left empty, it opens all that you can open.",
        widget=forms.TextInput(attrs={"list": "token-places", "autocomplete": "off", "autocapitalize": "none"}),
    )
    days = forms.ChoiceField(label="Expires after", choices=LIFETIMES, initial="90")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor

    def clean(self) -> dict[str, Any]:
        """The values as the service wants them."""
        data = self.cleaned_data
        if self.errors:
            return data
        full_name = data["repository"].strip()
        return {
            "name": data["name"],
            "scope": Level.from_word(data["scope"]),
            "lifetime": None if data["days"] == "never" else dt.timedelta(days=int(data["days"])),
            "repository_id": self._place(full_name) if full_name else None,
        }

    def _place(self, full_name: str) -> int | None:
        try:
            return places.find(self.actor, full_name)
        except NotFound as error:
            error.field = "repository"
            show_error(self, error)
            return None
