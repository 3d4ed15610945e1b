"""What people type on the pages of models and prompts, as clean values."""

from __future__ import annotations

from typing import Any

from django import forms

from registry import rules
from registry.models import Stage
from registry.models.registered import MAX_NAME, MAX_TAG_KEY
from registry.models.versions import MAX_ALIAS
from registry.services.governing import MOST_WORDS

BIGGEST_NUMBER = 2**31 - 1


class ModelNameForm(forms.Form):
    """The name of a model or prompt."""

    name = forms.CharField(
        max_length=MAX_NAME,
        help_text="Programs that load it by its former name no longer find it.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    reason = forms.CharField(
        max_length=MOST_WORDS,
        label="Why the rule is overridden",
        help_text="A rule governs what this holds: only administrators rename it, and the history keeps why.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, governed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not governed:
            del self.fields["reason"]


class DescriptionForm(forms.Form):
    """A description in Markdown."""

    description = forms.CharField(
        max_length=rules.MAX_TEXT,
        required=False,
        help_text="Markdown: what it does, what it was trained on, where it must not be used.",
        widget=forms.Textarea(attrs={"rows": 14, "class": "input--mono", "autofocus": True}),
    )


class TagForm(forms.Form):
    """A tag of a model or version."""

    key = forms.CharField(max_length=MAX_TAG_KEY, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    value = forms.CharField(
        max_length=rules.MAX_TAG_VALUE, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class AliasForm(forms.Form):
    """An alias and the version it is to point at; `was` is the version that the reader knows it points at."""

    alias = forms.CharField(
        max_length=MAX_ALIAS,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    version = forms.IntegerField(min_value=1, max_value=BIGGEST_NUMBER)
    was = forms.IntegerField(min_value=1, max_value=BIGGEST_NUMBER, required=False, widget=forms.HiddenInput)

    def clean_alias(self) -> str:
        """Without the @ that people write before it."""
        return str(self.cleaned_data["alias"]).removeprefix("@")


class StageForm(forms.Form):
    """The stage of a version, and whether it takes the place of others."""

    stage = forms.ChoiceField(choices=Stage.choices)
    archive = forms.BooleanField(
        required=False,
        label="Archive others in that stage",
        help_text="Only for Staging and Production.",
    )
    reason = forms.CharField(
        required=False,
        max_length=MOST_WORDS,
        help_text="A rule governs this stage: administrators take a version out of it, and say why.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, governed: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not governed:
            del self.fields["reason"]
