"""What administrators of the hub change."""

from __future__ import annotations

import re
from decimal import Decimal

from django import forms

from accounts.forms.base import HubForm
from accounts.forms.signing import NAME_HELP

_units = {"": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_size = re.compile(r"(\d{1,19}(?:\.\d{1,3})?)\s*(|KiB|MiB|GiB|TiB)", re.IGNORECASE)


def size_words(size: int | None) -> str:
    """A number of bytes as QuotaForm reads it back, without loss: in the largest unit that leaves no remainder."""
    if size is None:
        return ""
    for word, unit in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size and size % unit == 0:
            return f"{size // unit} {word}"
    return str(size)


class NewPersonForm(HubForm):
    """Somebody who gets a random password."""

    username = forms.CharField(
        label="User name",
        max_length=39,
        help_text=NAME_HELP,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    email = forms.EmailField(label="E-mail", required=False)
    is_admin = forms.BooleanField(label="Administers the hub", required=False)


class QuotaForm(HubForm):
    """The most bytes under an address: a number with KiB, MiB, GiB or TiB; empty for the hub's own limit."""

    quota_bytes = forms.CharField(label="Quota", required=False, max_length=20)

    def clean_quota_bytes(self) -> int | None:
        """Bytes, or None."""
        text = self.cleaned_data["quota_bytes"].strip()
        if not text:
            return None
        match = _size.fullmatch(text)
        if match is None:
            raise forms.ValidationError("Give a size such as 50 GiB, or nothing for the hub's own limit.")
        number, unit = match.groups()
        size = int(Decimal(number) * _units[unit.lower()])
        if size >= 2**62:
            raise forms.ValidationError("This is more than the hub can count.")
        return size
