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
    """The notes of a run, in Markdown. `seen` is the digest of the notes that the writer began from."""

    text = forms.CharField(
        label="Notes",
        required=False,
        strip=False,
        help_text="Markdown. Clients see it as the tag mlflow.note.content.",
        widget=forms.Textarea(attrs={"rows": 16, "class": "input--mono", "autofocus": True}),
    )
    seen = forms.RegexField(r"^[0-9a-f]{16}$", widget=forms.HiddenInput)

    def clean_text(self) -> str:
        """Lines end as clients end them; browsers send two characters for each."""
        text: str = self.cleaned_data["text"].replace("\r\n", "\n")
        if len(text) > rules.MAX_TAG_VALUE:
            most = f"{rules.MAX_TAG_VALUE:,}"
            raise forms.ValidationError(
                f"These are {len(text):,} characters, and notes take {most}. Nothing was saved."
            )
        return text


class EndingForm(forms.Form):
    """How a run ended that nobody else will say it of."""

    status = forms.ChoiceField(
        choices=[("FINISHED", "Finished"), ("FAILED", "Failed"), ("KILLED", "Killed")],
        label="How it ended",
        initial="KILLED",
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
