"""Browser input of metric gates."""

from __future__ import annotations

from django import forms

from collab.gate_rules import MAX_RULE

_PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}


class GateForm(forms.Form):
    """A gate: what its check is called, what must hold, and which runs and branches it is about."""

    name = forms.CharField(
        max_length=60,
        label="Name",
        help_text="Its check is called gate/ and this name.",
        widget=forms.TextInput(attrs={**_PLAIN, "placeholder": "accuracy"}),
    )
    rule = forms.CharField(
        max_length=MAX_RULE,
        label="Rule",
        help_text="Such as val_acc >= base, val_loss <= base * 1.02, max(val_acc) >= 0.9; several joined by “and”.",
        widget=forms.TextInput(attrs={**_PLAIN, "class": "input--mono", "placeholder": "val_acc >= base"}),
    )
    branches = forms.CharField(
        max_length=200,
        label="Base branches",
        initial="*",
        required=False,
        help_text="Pull requests into branches that match: main, release/*, or * for all.",
        widget=forms.TextInput(attrs={**_PLAIN, "class": "input--mono"}),
    )
    experiment = forms.CharField(
        max_length=255,
        label="Experiment",
        required=False,
        help_text="Only its runs count; empty for those of any.",
        widget=forms.TextInput(attrs={**_PLAIN, "list": "gate-experiments"}),
    )
