"""What people type on the pages of tracking, as clean values."""

from __future__ import annotations

from django import forms

from repos.forms import CommitForm
from tracking import rules

QUERY_LENGTH = 4000


class ExperimentForm(forms.Form):
    """The name of an experiment."""

    name = forms.CharField(
        max_length=rules.MAX_EXPERIMENT_NAME,
        help_text="What the runs in it have in common, such as a question or a model.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


class RestoreForm(forms.Form):
    """The name under which an experiment comes back from the trash; its own when empty."""

    name = forms.CharField(
        required=False,
        max_length=rules.MAX_EXPERIMENT_NAME,
        help_text="Its own, unless another experiment has taken that meanwhile.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


class RunNameForm(forms.Form):
    """The name of a run."""

    name = forms.CharField(
        max_length=250,
        help_text="Names need not be unique; the run keeps its id.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


class NotesForm(forms.Form):
    """The notes of a run, in Markdown."""

    text = forms.CharField(
        label="Notes",
        max_length=rules.MAX_TAG_VALUE,
        required=False,
        help_text="Markdown. Clients see it as the tag mlflow.note.content.",
        widget=forms.Textarea(attrs={"rows": 14, "class": "input--mono", "autofocus": True}),
    )


class TagForm(forms.Form):
    """A tag of a run."""

    key = forms.CharField(max_length=rules.MAX_KEY, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    value = forms.CharField(
        max_length=rules.MAX_TAG_VALUE, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class ReportForm(CommitForm):
    """A report: its name and its text. `seen` is the blob that the writer started from."""

    name = forms.RegexField(
        r"^[^\W_][\w .()+-]{0,99}$",
        help_text="The file is reports/<name>.md.",
        error_messages={"invalid": "Use letters, digits, spaces, dots and dashes, beginning with a letter or digit."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    content = forms.CharField(
        strip=False,
        label="Text",
        widget=forms.Textarea(attrs={"class": "input--mono report-editor__text", "rows": 24, "spellcheck": "true"}),
    )
    seen = forms.RegexField(r"^([0-9a-f]{40})?$", required=False, widget=forms.HiddenInput)
