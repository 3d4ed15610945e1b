"""Addresses of issues, pull requests, discussions and notifications, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from collab.api import comments, issues, labels, milestones

_REPO = "repos/<owner:owner>/<repo:name>"
_ISSUE = f"{_REPO}/issues/<int:number>"
_COMMENT = f"{_REPO}/issues/comments/<int:comment>"

urlpatterns = [
    path(f"{_REPO}/issues", issues.Issues.as_view()),
    path(_COMMENT, comments.OneComment.as_view()),
    path(f"{_COMMENT}/reactions", comments.CommentSigns.as_view()),
    path(_ISSUE, issues.OneIssue.as_view()),
    path(f"{_ISSUE}/comments", comments.Comments.as_view()),
    path(f"{_ISSUE}/labels", labels.TopicLabels.as_view()),
    path(f"{_ISSUE}/labels/<int:label>", labels.TopicLabel.as_view()),
    path(f"{_ISSUE}/reactions", comments.TopicSigns.as_view()),
    path(f"{_ISSUE}/pin", issues.Pin.as_view()),
    path(f"{_ISSUE}/lock", issues.Lock.as_view()),
    path(f"{_REPO}/labels", labels.Labels.as_view()),
    path(f"{_REPO}/labels/<int:label>", labels.OneLabel.as_view()),
    path(f"{_REPO}/milestones", milestones.Milestones.as_view()),
    path(f"{_REPO}/milestones/<int:milestone>", milestones.OneMilestone.as_view()),
]
