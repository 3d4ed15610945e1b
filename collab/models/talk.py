"""What is said: comments on topics, threads on places of a change or of anything else, reactions, mentions, events."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import User
from collab.models.pulls import Review
from collab.models.topics import Topic
from repos.models import Repository


class Thread(models.Model):
    """Talk about one place. With a topic it is of a pull request's review, without one it stands by itself.

    `subject` names the kind of thing (`file`, `run`, `model_version` … as offered to repos.subjects; `change` in a pull
    request) and `key` the thing within its repository. `place` says where on it, by kind:
    lines {"side": "old|new", "start": int, "line": int}, cells {"cell": id}, regions {"x","y","w","h": 0-1},
    rows {"row": int or key}, points {"metric": str, "step": int}; {} is the whole thing.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="threads", db_index=False)
    topic = models.ForeignKey(Topic, models.CASCADE, null=True, blank=True, related_name="threads")
    subject = models.CharField(max_length=24)
    key = models.CharField(max_length=500, help_text="A path, a run's id, name/version …")
    place = models.JSONField(default=dict, blank=True)
    commit = models.CharField(max_length=40, blank=True, help_text="Of the text that `place` counts in")
    excerpt = models.JSONField(default=list, blank=True, help_text="The lines as they were: [[sign, number, text], …]")
    is_outdated = models.BooleanField(default=False)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    author = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="threads")
    comments_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["repository", "subject", "key"], name="collab_thread_subject"),
            models.Index(fields=["repository", "-updated_at"], name="collab_thread_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.key}"


class Comment(models.Model):
    """Something said on a topic, or in a thread; in a discussion also as a reply to another comment."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="comments")
    topic = models.ForeignKey(Topic, models.CASCADE, null=True, blank=True, related_name="comments")
    thread = models.ForeignKey(Thread, models.CASCADE, null=True, blank=True, related_name="comments")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="replies")
    review = models.ForeignKey(Review, models.CASCADE, null=True, blank=True, related_name="comments")
    author = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="comments")
    body = models.TextField()
    is_pending = models.BooleanField(default=False, help_text="Of a review not sent yet: seen by its author alone")
    hidden_reason = models.CharField(max_length=20, blank=True, help_text="Why writers folded it: spam, off-topic …")
    applied_in = models.CharField(max_length=40, blank=True, help_text="The commit that took its suggestion")
    reactions_count = models.PositiveIntegerField(default=0)
    votes_count = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True)
    edits = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["topic", "id"], name="collab_comment_topic"),
            models.Index(fields=["thread", "id"], name="collab_comment_thread"),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk}"


class Event(models.Model):
    """Something that happened to a topic between its comments: labelled, renamed, closed, pushed to, merged."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="events", db_index=False)
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    verb = models.CharField(max_length=40)
    data = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["topic", "id"], name="collab_event_topic")]

    def __str__(self) -> str:
        return f"{self.verb} {self.topic_id}"


class Reaction(models.Model):
    """One sign by one person to a topic's text or a comment."""

    class Sign(models.TextChoices):
        UP = "+1", "👍"
        DOWN = "-1", "👎"
        LAUGH = "laugh", "😄"
        HOORAY = "hooray", "🎉"
        CONFUSED = "confused", "😕"
        HEART = "heart", "❤️"
        ROCKET = "rocket", "🚀"
        EYES = "eyes", "👀"

    topic = models.ForeignKey(Topic, models.CASCADE, null=True, blank=True, related_name="reactions")
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, blank=True, related_name="reactions")
    user = models.ForeignKey(User, models.CASCADE, related_name="reactions")
    sign = models.CharField(max_length=8, choices=Sign)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["topic", "user", "sign"], name="collab_reaction_topic_once"),
            models.UniqueConstraint(fields=["comment", "user", "sign"], name="collab_reaction_comment_once"),
            models.CheckConstraint(
                condition=models.Q(topic__isnull=False, comment__isnull=True)
                | models.Q(topic__isnull=True, comment__isnull=False),
                name="collab_reaction_is_to_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sign} by {self.user_id}"


class Mention(models.Model):
    """Somebody was named with @ in a topic or one of its comments; found once per topic."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="mentions")
    user = models.ForeignKey(User, models.CASCADE, related_name="mentions")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "user"], name="collab_mention_once")]

    def __str__(self) -> str:
        return f"@{self.user_id} on {self.topic_id}"


class Reference(models.Model):
    """A topic was named elsewhere: by another topic (in its text or a comment), or by a commit."""

    target = models.ForeignKey(Topic, models.CASCADE, related_name="references")
    source = models.ForeignKey(Topic, models.CASCADE, null=True, blank=True, related_name="references_made")
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, blank=True, related_name="references_made")
    repository = models.ForeignKey(
        Repository, models.CASCADE, related_name="+", help_text="Of the source; readers who cannot see it are not told"
    )
    commit = models.CharField(max_length=40, blank=True)
    summary = models.CharField(max_length=300, blank=True, help_text="The commit's first line")
    closes = models.BooleanField(default=False)
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["target", "id"], name="collab_reference_target")]
        constraints = [
            models.UniqueConstraint(
                fields=["target", "repository", "commit"],
                condition=~models.Q(commit=""),
                name="collab_reference_commit_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target_id} named by {self.source_id or self.commit[:10]}"
