"""What people type at the playground: endpoints, and what a prompt is tried with."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from registry.models import ModelEndpoint
from registry.models.endpoints import MAX_EXPERIMENT, MAX_MODEL, MAX_NAME, MAX_URL
from registry.services.endpoints import MAX_KEY, MOST_CALLS, MOST_OFFERED, MOST_SECONDS, MOST_TOKENS
from registry.services.playground import EXPERIMENT, HOTTEST, MAX_VALUE, MAX_VALUES, MOST_COLUMNS, MOST_ROWS, Column

_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
_PRICE: Mapping[str, Any] = {"required": False, "min_value": 0, "max_digits": 12, "decimal_places": 6}


class EndpointForm(forms.Form):
    """An API to try prompts against."""

    name = forms.CharField(max_length=MAX_NAME, widget=forms.TextInput(attrs=_PLAIN))
    base_url = forms.CharField(
        max_length=MAX_URL, label="Base URL", widget=forms.TextInput(attrs={**_PLAIN, "inputmode": "url"}),
        help_text="What comes before /chat/completions, such as https://api.openai.com/v1.",
    )  # fmt: skip
    key = forms.CharField(
        required=False, max_length=MAX_KEY, label="API key",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Sealed in the database and never shown again. Empty: the key that is set stays.",
    )  # fmt: skip
    forget_key = forms.BooleanField(required=False, label="Remove the key that is set")
    default_model = forms.CharField(required=False, max_length=MAX_MODEL, widget=forms.TextInput(attrs=_PLAIN))
    offered = forms.CharField(
        required=False, max_length=(MAX_MODEL + 2) * MOST_OFFERED, label="Models",
        help_text="One a line. The endpoint itself can be asked for them once it is saved.",
        widget=forms.Textarea(attrs={"rows": 4, "class": "input--mono", "spellcheck": "false"}),
    )  # fmt: skip
    max_tokens = forms.IntegerField(
        min_value=1, max_value=MOST_TOKENS, initial=1024, label="Most tokens", help_text="Of the answer to one call."
    )
    calls_per_hour = forms.IntegerField(
        min_value=1, max_value=MOST_CALLS, initial=60, label="Calls per person and hour"
    )
    seconds = forms.IntegerField(
        min_value=1, max_value=MOST_SECONDS, initial=60, label="Seconds", help_text="After which a call is given up."
    )
    input_price = forms.DecimalField(**_PRICE, label="Price of 1,000 input tokens")
    output_price = forms.DecimalField(
        **_PRICE, label="Price of 1,000 output tokens", help_text="With both, trials show their cost, in your currency."
    )

    def clean_offered(self) -> list[str]:
        """The lines."""
        return str(self.cleaned_data["offered"]).splitlines()


class TrialForm(forms.Form):
    """What a prompt is tried with: up to three versions or models, settings, and rows of values."""

    endpoint = forms.ModelChoiceField(queryset=ModelEndpoint.objects.none(), empty_label=None)
    temperature = forms.FloatField(
        required=False, min_value=0, max_value=HOTTEST, help_text="0 to 2. Empty: the model's own.",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )  # fmt: skip
    max_tokens = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_TOKENS, label="Most tokens",
        help_text="Empty: what the endpoint allows.",
    )  # fmt: skip
    experiment = forms.CharField(
        required=False, max_length=MAX_EXPERIMENT, initial=EXPERIMENT, help_text="Keeps the results as runs."
    )
    csv = forms.CharField(
        required=False, max_length=MAX_VALUES, label="Rows as CSV", strip=False,
        help_text=f"In place of the values above: a line with the names of the variables, then up to {MOST_ROWS} rows. "
        "Other columns are left out.",
        widget=forms.Textarea(attrs={"rows": 4, "class": "input--mono", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(
        self, *args: Any, endpoints: Any, versions: Sequence[int], variables: Sequence[str], **words: Any
    ) -> None:
        super().__init__(*args, **words)
        self.variables = list(variables)
        choice = self.fields["endpoint"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = endpoints
        numbers = [(number, f"Version {number}") for number in versions]
        for place in range(MOST_COLUMNS):
            self.fields[f"version_{place}"] = forms.TypedChoiceField(
                coerce=int, empty_value=None, required=place == 0, label="Version",
                choices=numbers if place == 0 else [("", "None"), *numbers],
            )  # fmt: skip
            self.fields[f"model_{place}"] = forms.CharField(
                required=False, max_length=MAX_MODEL, label="Model",
                widget=forms.TextInput(attrs={**_PLAIN, "list": "playground-models"}),
            )  # fmt: skip

    @property
    def sides(self) -> list[tuple[int, forms.BoundField, forms.BoundField]]:
        """The columns: number from 1, version, model."""
        return [(place + 1, self[f"version_{place}"], self[f"model_{place}"]) for place in range(MOST_COLUMNS)]

    @property
    def settings(self) -> list[forms.BoundField]:
        """What holds for all columns."""
        return [self[name] for name in ("endpoint", "temperature", "max_tokens", "experiment")]

    def clean_csv(self) -> list[dict[str, str]]:
        """The rows that were pasted; none when nothing was."""
        text = str(self.cleaned_data["csv"])
        return read_rows(text, self.variables) if text.strip() else []

    def columns(self) -> list[Column]:
        """The versions and models chosen; a column without a model asks the endpoint's own."""
        default = self.cleaned_data["endpoint"].default_model
        chosen = [(self.cleaned_data[f"version_{n}"], self.cleaned_data[f"model_{n}"]) for n in range(MOST_COLUMNS)]
        return [Column(version, model or default) for version, model in chosen if version is not None]


def read_rows(text: str, wanted: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV (or TSV) by the names in its first line. Raises ValidationError for what it is not."""
    head = text.lstrip().partition("\n")[0]
    dialect = "excel-tab" if "\t" in head else "excel"
    csv.field_size_limit(max(csv.field_size_limit(), MAX_VALUE))
    try:
        lines = [line for line in csv.reader(io.StringIO(text.lstrip(), newline=""), dialect, strict=True) if any(line)]
    except csv.Error as error:
        raise forms.ValidationError(f"This is no CSV: {error}.") from None
    names = [name.strip() for name in lines[0]] if lines else []
    missing = [name for name in wanted if name not in names]
    if missing:
        raise forms.ValidationError(f"The first line names no column {', '.join(missing)}.")
    if len(set(names)) < len(names):
        raise forms.ValidationError("The first line names a column twice.")
    if not 1 <= len(lines) - 1 <= MOST_ROWS:
        raise forms.ValidationError(f"Give one to {MOST_ROWS} rows; these are {len(lines) - 1:,}.")
    uneven = next((n for n, line in enumerate(lines[1:], start=1) if len(line) != len(names)), None)
    if uneven:
        raise forms.ValidationError(f"Row {uneven} has not as many cells as the first line.")
    return [{name: value for name, value in zip(names, line, strict=True) if name in wanted} for line in lines[1:]]
