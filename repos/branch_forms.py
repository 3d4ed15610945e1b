"""Browser input about branches: rules that protect them, and how pull requests are merged into them."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.levels import Level
from repos.forms import MONO
from repos.models import ProtectedBranch, Repository


class MergingForm(forms.ModelForm):  # type: ignore[type-arg]
    """How pull requests may be merged."""

    class Meta:
        model = Repository
        fields = [
            "allow_merge_commit",
            "allow_squash",
            "allow_rebase",
            "allow_fast_forward",
            "delete_merged_branches",
        ]
        labels = {
            "allow_merge_commit": "Merge commits",
            "allow_squash": "Squash",
            "allow_rebase": "Rebase",
            "allow_fast_forward": "Fast-forward",
            "delete_merged_branches": "Delete branches once they are merged",
        }
        help_texts = {
            "allow_merge_commit": "All commits, joined by a merge commit.",
            "allow_squash": "The changes as one commit.",
            "allow_rebase": "The commits on top of the base branch, one by one.",
            "allow_fast_forward": "The base branch steps forward; no commit is made.",
            "delete_merged_branches": "They can be restored from the pull request.",
        }

    def clean(self) -> dict[str, Any]:
        """One way is left at least."""
        values = super().clean() or {}
        if not any(value for name, value in values.items() if name.startswith("allow_")):
            raise forms.ValidationError("Allow one way of merging at least.")
        return values


class ChecksField(forms.CharField):
    """Names of checks, one a line."""

    widget = forms.Textarea(attrs={**MONO, "rows": 3, "class": "input--mono"})

    def prepare_value(self, value: Any) -> Any:
        """As lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """Each name once, without what is empty; raises ValidationError for too long or too many."""
        found = list(dict.fromkeys(" ".join(line.split()) for line in (super().clean(value) or "").splitlines()))
        wanted = [name for name in found if name]
        if len(wanted) > 50 or any(len(name) > 255 for name in wanted):
            raise forms.ValidationError("Name at most 50 checks, each in at most 255 characters.")
        return wanted


class ProtectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A rule for branches. Names are compared by the service."""

    required_checks = ChecksField(
        label="Required checks", required=False, help_text="One a line, as they call themselves in commit statuses."
    )

    class Meta:
        model = ProtectedBranch
        fields = [
            "pattern",
            "push_level",
            "allow_force",
            "allow_delete",
            "merge_level",
            "required_approvals",
            "dismiss_stale_approvals",
            "require_code_owners",
            "block_on_requested_changes",
            "block_on_open_threads",
            "required_checks",
            "require_up_to_date",
        ]
        labels = {
            "pattern": "Branch or pattern",
            "push_level": "Who may push",
            "allow_force": "Allow rewriting history",
            "allow_delete": "Allow deletion",
            "merge_level": "Who may merge pull requests",
            "required_approvals": "Approvals needed",
            "dismiss_stale_approvals": "New commits end approvals",
            "require_code_owners": "A code owner must approve",
            "block_on_requested_changes": "Requested changes stop the merge",
            "block_on_open_threads": "Conversations must be resolved",
            "require_up_to_date": "Branches must be up to date",
        }
        help_texts = {
            "pattern": "A name such as main, or a pattern such as release/*.",
            "push_level": "Choose “Nobody” to let changes in by pull requests alone.",
            "required_approvals": "By people with write access, other than the author.",
            "dismiss_stale_approvals": "An approval counts for the commits that were looked at.",
            "require_code_owners": "Of the changed files, as the file CODEOWNERS of the branch names them.",
            "require_up_to_date": "What is merged was checked together with what is on the branch.",
        }
        widgets = {
            "pattern": forms.TextInput(attrs=MONO),
            "required_approvals": forms.NumberInput(attrs={"min": 0, "max": 20}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A form of pushes alone leaves pull requests as free as they are.
        for name in ("merge_level", "required_approvals"):
            self.fields[name].required = False

    def clean_merge_level(self) -> int:
        """Writers, when nothing is said."""
        return int(self.cleaned_data["merge_level"] or Level.WRITE)

    def clean_required_approvals(self) -> int:
        """A number that can be reached."""
        wanted: int = self.cleaned_data["required_approvals"] or 0
        if wanted > 20:
            raise forms.ValidationError("Ask for at most 20 approvals.")
        return wanted
