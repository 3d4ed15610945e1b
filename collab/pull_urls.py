"""Addresses of pull requests: opening, conversation, commits, merging. Their list is an address of issues."""

from __future__ import annotations

from django.urls import path

from collab.views import merging, pull_edits, pull_new, pulls

_PULL = "pulls/<int:number>"

PATHS = [
    path("pulls/new", pull_new.new_pull, name="new_pull"),
    path("pulls/new/<place:span>", pull_new.new_pull_of, name="new_pull_of"),
    path(_PULL, pulls.pull, name="pull"),
    path(f"{_PULL}/commits", pulls.commits, name="pull_commits"),
    path(f"{_PULL}/box", pulls.box, name="merge_box"),
    path(f"{_PULL}/merge", merging.merge, name="merge_pull"),
    path(f"{_PULL}/merge/end", merging.auto_merge_end, name="end_auto_merge"),
    path(f"{_PULL}/branch", merging.branch, name="pull_branch"),
    path(f"{_PULL}/revert", merging.revert, name="revert_pull"),
    path(f"{_PULL}/base", pull_edits.base, name="pull_base"),
    path(f"{_PULL}/draft", pull_edits.draft, name="pull_draft"),
    path(f"{_PULL}/maintainers", pull_edits.maintainer_edits, name="pull_maintainers"),
    path(f"{_PULL}/reviewers", pull_edits.reviewers, name="pull_reviewers"),
]
