"""Browser input of repository pages, made into clean values."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.levels import LEVEL_CHOICES
from repos.git import names
from repos.models import Repository, Visibility
from repos.services.families import is_wider
from repos.starters import GITIGNORES, LICENCES

MONO = {"class": "input--mono", "spellcheck": "false", "autocapitalize": "none", "autocomplete": "off"}
VISIBILITY_WORDS = [
    (Visibility.PRIVATE.value, "Private: people you let in"),
    (Visibility.INTERNAL.value, "Internal: everybody with an account on this hub"),
    (Visibility.PUBLIC.value, "Public: everybody who can reach this hub"),
]


class CommitForm(forms.Form):
    """What every commit made in the browser asks: a message, and the branch it goes to."""

    message = forms.CharField(max_length=200, label="Commit message", required=False)
    details = forms.CharField(
        max_length=10_000, label="Details", required=False, strip=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    target = forms.ChoiceField(
        choices=[("branch", "This branch"), ("new", "A new branch")],
        initial="branch",
        widget=forms.RadioSelect,
        required=False,
    )
    new_branch = forms.CharField(
        max_length=200, required=False, label="Name of the new branch", widget=forms.TextInput(attrs=MONO)
    )

    def clean(self) -> dict[str, Any]:
        """A new branch is named properly when one is wanted."""
        values = super().clean() or {}
        wanted = values.get("new_branch", "")
        if values.get("target") != "new":
            values["new_branch"] = ""
        elif not names.is_branch_name(wanted):
            self.add_error("new_branch", "Name the new branch with letters, digits, hyphens, dots and slashes.")
        return values

    def full_message(self, otherwise: str) -> str:
        """Message and details as git keeps them; `otherwise` when there is no message."""
        subject = self.cleaned_data["message"].strip() or otherwise
        details = self.cleaned_data["details"].strip()
        return f"{subject}\n\n{details}" if details else subject


class FileForm(CommitForm):
    """A text file: its path and what it holds. `seen` is the blob that the writer started from."""

    path = forms.CharField(max_length=names.MAX_LENGTH, label="Path", widget=forms.TextInput(attrs=MONO))
    content = forms.CharField(
        required=False,
        strip=False,
        label="Content",
        widget=forms.Textarea(attrs={**MONO, "class": "input--mono repo-editor", "rows": 24, "wrap": "off"}),
    )
    seen = forms.RegexField(r"^([0-9a-f]{40})?$", required=False, widget=forms.HiddenInput)

    def clean_path(self) -> str:
        """A path that may lie in a repository."""
        path: str = self.cleaned_data["path"].strip().strip("/")
        if not names.is_plain_path(path.encode("utf-8", "replace")):
            raise forms.ValidationError("Give a path such as src/train.py, without “..”, “.git” or empty folders.")
        return path


class PathForm(CommitForm):
    """Another path for a file that is not edited as text."""

    path = forms.CharField(max_length=names.MAX_LENGTH, label="New path", widget=forms.TextInput(attrs=MONO))
    clean_path = FileForm.clean_path


class ManyFiles(forms.ClearableFileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """The files chosen in a ManyFiles input."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Each file checked by itself."""
        chosen = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(each, initial) for each in chosen]


class UploadForm(CommitForm):
    """Files from the reader's machine."""

    uploads = FilesField(
        label="Files", help_text="Up to 50 files, 32 MiB together. Push larger ones with Git or data tools."
    )


class RefForm(forms.Form):
    """A new branch or tag."""

    name = forms.CharField(max_length=200, label="Name", widget=forms.TextInput(attrs=MONO))
    start = forms.CharField(max_length=200, label="From", widget=forms.TextInput(attrs=MONO))
    message = forms.CharField(max_length=2000, label="Message", required=False)


class NewRepositoryForm(forms.Form):
    """A repository to be made."""

    owner = forms.ChoiceField(label="Owner")
    name = forms.CharField(max_length=100, label="Name", widget=forms.TextInput(attrs=MONO))
    description = forms.CharField(max_length=500, label="Description", required=False)
    visibility = forms.ChoiceField(choices=VISIBILITY_WORDS, initial=Visibility.PRIVATE, widget=forms.RadioSelect)
    readme = forms.BooleanField(
        label="Add a README", required=False, help_text="Leave all of this empty to push a project that exists."
    )
    licence = forms.ChoiceField(label="Licence", required=False)
    gitignore = forms.ChoiceField(label=".gitignore", required=False)

    def __init__(self, *args: Any, owners: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = owners  # type: ignore[attr-defined]
        self.fields["licence"].choices = [("", "None"), *((key, label) for key, label in LICENCES.items())]  # type: ignore[attr-defined]
        self.fields["gitignore"].choices = [("", "None"), *((key, key) for key in GITIGNORES)]  # type: ignore[attr-defined]


class ForkForm(forms.Form):
    """A fork to be made; nothing wider than its parent is offered."""

    owner = forms.ChoiceField(label="Owner")
    name = forms.CharField(max_length=100, label="Name", widget=forms.TextInput(attrs=MONO))
    description = forms.CharField(max_length=500, label="Description", required=False)
    visibility = forms.ChoiceField(widget=forms.RadioSelect)
    only_default = forms.BooleanField(label="The default branch only", required=False)

    def __init__(self, *args: Any, parent: Repository, owners: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        narrow = [(value, words) for value, words in VISIBILITY_WORDS if not is_wider(value, parent.visibility)]
        self.fields["owner"].choices = owners  # type: ignore[attr-defined]
        self.fields["visibility"].choices = narrow  # type: ignore[attr-defined]
        self.initial.setdefault("visibility", parent.visibility)
        self.initial.setdefault("description", parent.description)
        self.fields[
            "only_default"
        ].help_text = f"Copies {parent.default_branch} alone, without other branches and tags."


class GeneralForm(forms.ModelForm):  # type: ignore[type-arg]
    """Description and default branch."""

    default_branch = forms.ChoiceField(label="Default branch", help_text="Pages and clones start here.")

    class Meta:
        model = Repository
        fields = ["description"]

    def __init__(self, *args: Any, branches: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        current = self.instance.default_branch
        names_ = list(dict.fromkeys([current, *branches]))
        self.fields["default_branch"].choices = [(name, name) for name in names_]  # type: ignore[attr-defined]
        self.initial["default_branch"] = current


class VisibilityForm(forms.Form):
    """Who may read without being let in by name."""

    visibility = forms.ChoiceField(choices=VISIBILITY_WORDS, widget=forms.RadioSelect)


class RenameForm(forms.Form):
    """Another name."""

    name = forms.CharField(
        max_length=100,
        label="Name",
        widget=forms.TextInput(attrs=MONO),
        help_text="The old address leads on until another repository takes it.",
    )


class TransferForm(forms.Form):
    """Another owner, confirmed by the repository's name."""

    owner = forms.ChoiceField(label="New owner")
    confirmation = forms.CharField(max_length=200, label="Confirmation", widget=forms.TextInput(attrs=MONO))

    def __init__(self, *args: Any, owners: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = owners  # type: ignore[attr-defined]


class PersonForm(forms.Form):
    """Somebody to let in."""

    user = forms.CharField(max_length=150, label="User name", widget=forms.TextInput(attrs=MONO))
    level = forms.TypedChoiceField(choices=LEVEL_CHOICES, coerce=int, label="Level")


class TeamForm(forms.Form):
    """A team of the organisation to let in."""

    team = forms.CharField(max_length=60, label="Team")
    level = forms.TypedChoiceField(choices=LEVEL_CHOICES, coerce=int, label="Level")
