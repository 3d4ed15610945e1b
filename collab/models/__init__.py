"""The tables of collaboration: one row per topic (issue, pull request, discussion) and what hangs on it."""

from __future__ import annotations

from collab.models.boards import BoardCard, BoardColumn, IssueBoard
from collab.models.bulk import TopicChange
from collab.models.discussions import Category, Discussion, Poll, PollOption, PollVote, Upvote
from collab.models.notices import Notification, NotificationSettings, Subscription, Watch
from collab.models.pulls import MetricGate, PullRequest, PullVersion, Review, ReviewRequest, ViewedFile
from collab.models.talk import Comment, Event, Mention, Reaction, Reference, Thread
from collab.models.topics import Counter, Kind, Label, Milestone, Topic, TopicQuerySet

__all__ = [
    "BoardCard",
    "BoardColumn",
    "Category",
    "Comment",
    "Counter",
    "Discussion",
    "Event",
    "IssueBoard",
    "Kind",
    "Label",
    "Mention",
    "MetricGate",
    "Milestone",
    "Notification",
    "NotificationSettings",
    "Poll",
    "PollOption",
    "PollVote",
    "PullRequest",
    "PullVersion",
    "Reaction",
    "Reference",
    "Review",
    "ReviewRequest",
    "Subscription",
    "Thread",
    "Topic",
    "TopicChange",
    "TopicQuerySet",
    "Upvote",
    "ViewedFile",
    "Watch",
]
