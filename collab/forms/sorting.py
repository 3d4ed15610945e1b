"""What people type on the pages of labels, milestones and boards, as clean values. Services say what is allowed."""

from __future__ import annotations

from typing import Any

from django import forms

from collab.models import BoardColumn, IssueBoard, Label, Milestone
from collab.services.issue_boards import MOST_LIMIT

_PLAIN = {"autocomplete": "off"}


class LabelForm(forms.Form):
    """A label."""

    name = forms.CharField(
        max_length=60, help_text="Write scope/name to group labels.", widget=forms.TextInput(attrs=_PLAIN)
    )
    colour = forms.CharField(max_length=20, widget=forms.TextInput(attrs={"type": "color"}))
    description = forms.CharField(max_length=200, required=False, widget=forms.TextInput(attrs=_PLAIN))
    is_exclusive = forms.BooleanField(
        required=False,
        label="Exclusive in its scope",
        help_text="An issue has one label of the scope at most: a new one takes the place of the old.",
    )

    @classmethod
    def of(cls, label: Label, data: Any = None) -> LabelForm:
        """The form of a label that is there."""
        names = ("name", "colour", "description", "is_exclusive")
        return cls(data, initial={name: getattr(label, name) for name in names})


class MilestoneForm(forms.Form):
    """A milestone."""

    title = forms.CharField(max_length=100, widget=forms.TextInput(attrs=_PLAIN))
    due_on = forms.DateField(
        required=False, label="Due on", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    description = forms.CharField(
        required=False, strip=False, help_text="Markdown.", widget=forms.Textarea(attrs={"rows": 6})
    )

    @classmethod
    def of(cls, milestone: Milestone, data: Any = None) -> MilestoneForm:
        """The form of a milestone that is there."""
        return cls(data, initial={name: getattr(milestone, name) for name in ("title", "due_on", "description")})


class BoardForm(forms.Form):
    """The name of a board."""

    name = forms.CharField(max_length=100, widget=forms.TextInput(attrs=_PLAIN))
    description = forms.CharField(max_length=300, required=False, widget=forms.TextInput(attrs=_PLAIN))

    @classmethod
    def of(cls, board: IssueBoard, data: Any = None) -> BoardForm:
        """The form of a board that is there."""
        return cls(data, initial={"name": board.name, "description": board.description})


class ColumnForm(forms.Form):
    """A column of a board."""

    name = forms.CharField(max_length=60, widget=forms.TextInput(attrs=_PLAIN))
    limit = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_LIMIT,
        label="Work limit",
        help_text="With more cards than this the column is marked. Empty: any number.",
    )
    label = forms.ModelChoiceField(
        queryset=Label.objects.none(),
        required=False,
        empty_label="No label",
        help_text="What comes in gets it, what leaves for another column loses it.",
    )
    closes = forms.BooleanField(
        required=False, label="Closes issues", help_text="What comes in is closed, and opened again when it leaves."
    )

    def __init__(self, *args: Any, labels: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["label"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = labels

    @classmethod
    def of(cls, column: BoardColumn, labels: Any, data: Any = None) -> ColumnForm:
        """The form of a column that is there; its fields carry its key, as a page shows several."""
        names = ("name", "limit", "label", "closes")
        given = {name: getattr(column, name) for name in names}
        return cls(data, initial=given, labels=labels, auto_id=f"id_{column.pk}_%s")
