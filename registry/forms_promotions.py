"""What people type about promotions: what they take, why one is wanted, what is said to it."""

from __future__ import annotations

from django import forms

from accounts.levels import Level
from registry.gates import MAX_GATE, MAX_GATES
from registry.models import Target
from registry.models.versions import MAX_ALIAS
from registry.services.governing import MOST_WORDS
from registry.services.promotion_rules import MOST_APPROVALS

_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class RuleForm(forms.Form):
    """What it takes to move an alias or a stage."""

    kind = forms.ChoiceField(choices=Target.choices, label="What is moved")
    target = forms.CharField(
        max_length=MAX_ALIAS + 1,
        label="Which",
        help_text="An alias such as champion; or Staging, Production, Archived.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    approvals = forms.IntegerField(
        min_value=0,
        max_value=MOST_APPROVALS,
        initial=1,
        help_text="Of people other than who asks. 0: the metrics alone decide.",
    )
    level = forms.TypedChoiceField(
        coerce=lambda value: Level(int(value)),
        choices=[(Level.WRITE.value, "Everybody who may write"), (Level.ADMIN.value, "Administrators only")],
        label="Whose approval counts",
    )
    gates = forms.CharField(
        required=False,
        max_length=MAX_GATE * MAX_GATES,
        label="Metric gates",
        help_text="One a line: metrics.val_acc >= 0.9, or metrics.val_acc >= base - 0.01, where base is the version "
        "that holds the alias or stage at that moment; + and - take numbers and percents.",
        widget=forms.Textarea(attrs={"rows": 4, "class": "input--mono", "spellcheck": "false"}),
    )

    def clean_gates(self) -> list[str]:
        """The lines."""
        return str(self.cleaned_data["gates"]).splitlines()


class PlaceForm(forms.Form):
    """An alias or stage."""

    kind = forms.ChoiceField(choices=Target.choices, label="What is moved")
    target = forms.CharField(
        max_length=MAX_ALIAS + 1,
        label="Which",
        help_text="An alias such as champion; or Staging, Production, Archived.",
        widget=forms.TextInput(attrs=_PLAIN),
    )


class AskForm(PlaceForm):
    """What a version is to become, and why."""

    archive = forms.BooleanField(
        required=False, label="Archive others in that stage", help_text="Only for Staging and Production."
    )
    reason = forms.CharField(
        required=False,
        max_length=MOST_WORDS,
        label="Why",
        help_text="Markdown. What speaks for it: those who approve read this.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class SayForm(forms.Form):
    """A comment, or the reason of an administrator who overrides a rule."""

    comment = forms.CharField(
        required=False, max_length=MOST_WORDS, label="Comment", widget=forms.Textarea(attrs={"rows": 3})
    )


class ReasonForm(forms.Form):
    """Why an administrator does what a rule would not let happen."""

    reason = forms.CharField(
        max_length=MOST_WORDS,
        label="Why the rule is overridden",
        help_text="The history keeps it.",
        widget=forms.Textarea(attrs={"rows": 2, "id": "id_override_reason"}),
    )
