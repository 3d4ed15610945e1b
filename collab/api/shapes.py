"""What this room's records are called and mean, as the OpenAPI document says it; collab.records makes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from repos.api.shapes import RepositoryShape


class UserShape(serializers.Serializer[Any]):
    """Somebody. Mail addresses are never told."""

    id = serializers.IntegerField()
    login = serializers.CharField()
    username = serializers.CharField()
    full_name = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True, help_text="Always empty.")
    html_url = serializers.CharField()


class LabelShape(serializers.Serializer[Any]):
    """A label."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    color = serializers.CharField(help_text="Six hexadecimal digits.")
    description = serializers.CharField(allow_blank=True)
    exclusive = serializers.BooleanField(help_text="Of its scope (what stands before the last slash) a topic has one.")
    url = serializers.CharField()


class MilestoneShape(serializers.Serializer[Any]):
    """A milestone."""

    id = serializers.IntegerField(help_text="Its number within the repository.")
    title = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(["open", "closed"])
    open_issues = serializers.IntegerField()
    closed_issues = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    due_on = serializers.DateTimeField(allow_null=True)


class TopicShape(serializers.Serializer[Any]):
    """What issues, pull requests and discussions share."""

    id = serializers.IntegerField()
    url = serializers.CharField()
    html_url = serializers.CharField()
    number = serializers.IntegerField(help_text="One sequence for issues, pull requests and discussions.")
    user = UserShape()
    title = serializers.CharField()
    body = serializers.CharField(allow_blank=True, help_text="Markdown.")
    labels = LabelShape(many=True)
    milestone = MilestoneShape(allow_null=True)
    assignee = UserShape(allow_null=True)
    assignees = UserShape(many=True)
    state = serializers.ChoiceField(["open", "closed"])
    state_reason = serializers.CharField(allow_blank=True, help_text="completed, not_planned, duplicate or merged.")
    is_locked = serializers.BooleanField()
    pin_order = serializers.IntegerField(help_text="1 for what is pinned, else 0.")
    comments = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    due_date = serializers.DateTimeField(allow_null=True)
    repository = serializers.DictField(help_text="`id`, `name`, `owner` and `full_name`.")


class IssueShape(TopicShape):
    """An issue."""

    pull_request = serializers.DictField(allow_null=True, help_text="Of a pull request in a list: merged, draft.")


class SideShape(serializers.Serializer[Any]):
    """One side of a pull request."""

    label = serializers.CharField()
    ref = serializers.CharField(help_text="The branch.")
    sha = serializers.CharField()
    repo_id = serializers.IntegerField(help_text="0 when the fork is gone.")
    repo = RepositoryShape(allow_null=True)


class PullShape(TopicShape):
    """A pull request."""

    draft = serializers.BooleanField()
    merged = serializers.BooleanField()
    mergeable = serializers.BooleanField(help_text="No conflicts with the base.")
    merged_at = serializers.DateTimeField(allow_null=True)
    merged_by = UserShape(allow_null=True)
    merge_commit_sha = serializers.CharField(allow_null=True)
    merge_base = serializers.CharField(allow_blank=True)
    allow_maintainer_edit = serializers.BooleanField()
    additions = serializers.IntegerField()
    deletions = serializers.IntegerField()
    changed_files = serializers.IntegerField()
    base = SideShape()
    head = SideShape()
    diff_url = serializers.CharField()
    conflicts = serializers.ListField(child=serializers.CharField(), help_text="Paths.")


class CommentShape(serializers.Serializer[Any]):
    """Something said."""

    id = serializers.IntegerField()
    html_url = serializers.CharField()
    issue_url = serializers.CharField(allow_blank=True)
    pull_request_url = serializers.CharField(allow_blank=True)
    user = UserShape()
    body = serializers.CharField(help_text="Markdown.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    thread = serializers.IntegerField(allow_null=True, help_text="The thread it is in, if it is about a place.")
    hidden_reason = serializers.CharField(allow_blank=True)


class ThreadShape(serializers.Serializer[Any]):
    """Talk about a place."""

    id = serializers.IntegerField()
    subject = serializers.CharField(help_text="The kind of thing: change, file, run, model_version …")
    key = serializers.CharField(help_text="The thing: a path, a run's id, name/version …")
    place = serializers.DictField(help_text="Where on it: lines, a cell, a region, a row, a point.")
    commit = serializers.CharField(allow_blank=True)
    outdated = serializers.BooleanField()
    resolved = serializers.BooleanField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolver = UserShape(allow_null=True)
    user = UserShape()
    comments_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ReviewShape(serializers.Serializer[Any]):
    """A review."""

    id = serializers.IntegerField()
    user = UserShape()
    state = serializers.ChoiceField(["PENDING", "COMMENT", "APPROVED", "REQUEST_CHANGES", "DISMISSED"])
    body = serializers.CharField(allow_blank=True)
    commit_id = serializers.CharField()
    stale = serializers.BooleanField(help_text="The head has moved since.")
    official = serializers.BooleanField(help_text="By somebody whose reviews count for protected branches.")
    dismissed = serializers.BooleanField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    updated_at = serializers.DateTimeField()
    html_url = serializers.CharField()


class ReactionShape(serializers.Serializer[Any]):
    """A sign by somebody."""

    user = UserShape()
    content = serializers.CharField(help_text="+1, -1, laugh, hooray, confused, heart, rocket or eyes.")
    created_at = serializers.DateTimeField()


class NoticeShape(serializers.Serializer[Any]):
    """A line of an inbox."""

    id = serializers.IntegerField()
    repository = RepositoryShape()
    subject = serializers.DictField(help_text="`title`, `html_url` and `type`.")
    reason = serializers.CharField()
    unread = serializers.BooleanField()
    pinned = serializers.BooleanField()
    updated_at = serializers.DateTimeField()
