"""What people type on the pages of traces, as clean values."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from tracing.models.assessments import MAX_NAME, AssessmentKind
from tracking import rules

THUMBS = {"yes": True, "no": False}
LONGEST = 20_000


class FeedbackForm(forms.Form):
    """What a person says about a trace. The value is a thumb, which is a button, or what is typed, read as `form`."""

    kind = forms.ChoiceField(
        label="What it is",
        choices=[
            (AssessmentKind.FEEDBACK, "Feedback: how good it was"),
            (AssessmentKind.EXPECTATION, "Expectation: what it should have been"),
        ],
        initial=AssessmentKind.FEEDBACK,
    )
    name = forms.CharField(
        max_length=MAX_NAME,
        help_text="What is judged, such as correctness. The same name makes answers comparable.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "assessment-names"}),
    )
    form = forms.ChoiceField(
        label="The value is",
        choices=[("text", "Words or a category"), ("number", "A number"), ("yesno", "Yes or no"), ("json", "JSON")],
        initial="text",
    )
    value = forms.CharField(required=False, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 2}))
    rationale = forms.CharField(
        label="Why", required=False, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 2})
    )
    span = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput())

    def clean(self) -> dict[str, Any]:
        """`judged` is the value as it is kept."""
        cleaned: dict[str, Any] = super().clean() or {}
        thumb = self.data.get("thumb", "")
        if thumb in THUMBS:
            return {**cleaned, "judged": THUMBS[thumb]}
        text = cleaned.get("value", "").strip()
        if not text:
            self.add_error("value", "Say what the value is, or press a thumb.")
            return cleaned
        try:
            return {**cleaned, "judged": _read(text, cleaned.get("form", "text"))}
        except (ValueError, OverflowError, RecursionError):
            self.add_error("value", f"{text[:60]!r} is not {_MEANT[cleaned.get('form', 'text')]}.")
        return cleaned


_ANSWERS = {"yes": True, "true": True, "no": False, "false": False}
_MEANT = {"number": "a number, such as 0.7", "yesno": "yes or no", "json": "JSON", "text": "text"}


def _read(text: str, form: str) -> Any:
    if form == "number":
        number = float(text)
        if number != number or abs(number) == float("inf"):
            raise ValueError(text)
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    if form == "yesno":
        if text.lower() not in _ANSWERS:
            raise ValueError(text)
        return _ANSWERS[text.lower()]
    return json.loads(text, parse_constant=_refuse) if form == "json" else text


def _refuse(word: str) -> None:
    raise ValueError(word)


class TraceTagForm(forms.Form):
    """A tag of traces."""

    key = forms.CharField(max_length=rules.MAX_KEY, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    value = forms.CharField(max_length=8000, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class DatasetForm(forms.Form):
    """The name of a new evaluation dataset."""

    name = forms.CharField(
        max_length=255,
        help_text="What the records have in common, such as questions of one kind.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ExpectationsForm(forms.Form):
    """What is expected of a record, as JSON."""

    expectations = forms.CharField(
        required=False,
        max_length=200_000,
        help_text="A JSON object: each name with what is expected. Scorers see it as `expectations`.",
        widget=forms.Textarea(attrs={"rows": 14, "class": "input--mono", "autofocus": True, "spellcheck": "false"}),
    )

    def clean_expectations(self) -> dict[str, Any]:
        """The object."""
        try:
            found = json.loads(self.cleaned_data["expectations"] or "{}", parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(f"This is no JSON: {error}.") from None
        if not isinstance(found, dict):
            raise forms.ValidationError('It must be an object, such as {"answer": "yes"}.')
        return found
