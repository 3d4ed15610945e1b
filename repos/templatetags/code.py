"""Addresses inside a repository, and the parts of its pages that differ by a word."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from repos.git.diffs import FileChange
from repos.git.objects import Place
from repos.models import CommitStatus
from repos.selectors.statuses import Checks, icon_of
from repos.settings_menu import ShownPage, pages_for
from repos.views.diff_rows import Below, HunkRows, hunk_rows

register = template.Library()

ICONS = {"dir": "folder", "file": "file", "symlink": "file-symlink", "submodule": "folder-git-2"}
WORDS = {"dir": "Folder", "file": "File", "symlink": "Link", "submodule": "Submodule"}


@register.simple_tag(takes_context=True)
def at(context: dict[str, Any], page: str, *rest: str) -> str:
    """The address of a page of this repository: `{% at "src" place.text %}`."""
    repo = context["repo"]
    return reverse(f"repos:{page}", args=[repo.owner.slug, repo.name, *rest])


@register.filter
def kind_icon(kind: str) -> str:
    """The icon of what stands in a folder."""
    return ICONS[kind]


@register.filter
def kind_word(kind: str) -> str:
    """The word for what stands in a folder, for those who do not see the icon."""
    return WORDS[kind]


@register.filter
def inside(name: str, place: Place) -> str:
    """`ref/path/name`: the address of a name in the folder at a place."""
    return f"{place.text}/{name}"


@register.filter
def under(path: str, ref: str) -> str:
    """`ref/path`: `{{ row.path|under:place.ref }}`."""
    return f"{ref}/{path}" if path else ref


@register.filter
def within(path: str, folder: str) -> str:
    """A path below a folder: `{{ each.path|within:base }}`."""
    return f"{folder}/{path}"


@register.simple_tag
def hunks_of(change: FileChange, split: bool, below: Below | None = None) -> list[HunkRows]:
    """The hunks of a changed file as rows: `{% hunks_of change split as hunks %}`."""
    return hunk_rows(change, split=split, below=below)


@register.simple_tag(takes_context=True)
def context_address(context: dict[str, Any], change: FileChange, new: str, split: bool) -> str:
    """Where lines between the hunks of a file come from, as they are in commit `new`."""
    query = {"path": change.path_text, **({"diff": "split"} if split else {})}
    return f"{at(context, 'diff_context', new)}?{urlencode(query)}"


@register.filter
def bare(commit_id: str) -> str:
    """The first ten letters of a commit id."""
    return commit_id[:10]


@register.filter
def laid_over(change: FileChange, laid: dict[bytes, SafeString]) -> SafeString | None:
    """What an overlay shows above the lines of a changed file: `{{ change|laid_over:laid }}`."""
    return laid.get(change.path)


@register.simple_tag(takes_context=True)
def settings_pages(context: dict[str, Any]) -> list[ShownPage]:
    """The pages of a repository's settings that rooms above offer."""
    return pages_for(context["repo"])


@register.filter
def checks_for(checks: dict[str, Checks], commit_id: str) -> Checks | None:
    """The checks of one commit among those of many: `{{ checks|checks_for:commit.id }}`."""
    return checks.get(commit_id)


@register.filter
def status_icon(status: CommitStatus) -> str:
    """The icon of what one check says."""
    return icon_of(status)[0]


@register.filter
def status_kind(status: CommitStatus) -> str:
    """The colour of that icon."""
    return icon_of(status)[1]
