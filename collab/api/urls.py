"""Addresses of issues, pull requests, discussions and notifications, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from collab.api import comments, discussions, issues, labels, milestones, notices, pulls, reviews, talk

_REPO = "repos/<owner:owner>/<repo:name>"
_ISSUE = f"{_REPO}/issues/<int:number>"
_COMMENT = f"{_REPO}/issues/comments/<int:comment>"
_PULL = f"{_REPO}/pulls/<int:number>"
_REVIEW = f"{_PULL}/reviews/<int:review>"

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
    path(f"{_REPO}/pulls", pulls.Pulls.as_view()),
    path(_PULL, pulls.OnePull.as_view()),
    path(f"{_PULL}.diff", pulls.PullDiff.as_view()),
    path(f"{_PULL}/merge", pulls.Merged.as_view()),
    path(f"{_PULL}/update", pulls.Update.as_view()),
    path(f"{_PULL}/commits", pulls.PullCommits.as_view()),
    path(f"{_PULL}/files", pulls.PullFiles.as_view()),
    path(f"{_PULL}/reviews", reviews.Reviews.as_view()),
    path(_REVIEW, reviews.OneReview.as_view()),
    path(f"{_REVIEW}/comments", reviews.ReviewComments.as_view()),
    path(f"{_REVIEW}/dismissals", reviews.Dismissed.as_view()),
    path(f"{_PULL}/requested_reviewers", reviews.Requested.as_view()),
    path(f"{_PULL}/threads", reviews.Threads.as_view()),
    path(f"{_PULL}/threads/<int:thread>", reviews.OneThread.as_view()),
    path(f"{_REPO}/discussions", discussions.Discussions.as_view()),
    path(f"{_REPO}/discussions/<int:number>", discussions.OneDiscussion.as_view()),
    path(f"{_REPO}/threads", talk.Talk.as_view()),
    path(f"{_REPO}/threads/<int:thread>", talk.OneTalk.as_view()),
    path(f"{_REPO}/threads/<int:thread>/comments", talk.TalkComments.as_view()),
    path(f"{_REPO}/subscription", notices.Subscribed.as_view()),
    path("notifications", notices.Inbox.as_view()),
    path("notifications/new", notices.Count.as_view()),
    path("notifications/threads/<int:notice>", notices.OneNotice.as_view()),
]
