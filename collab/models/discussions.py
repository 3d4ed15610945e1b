"""Discussions: their categories, accepted answers and polls."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import User
from collab.models.talk import Comment
from collab.models.topics import Topic
from repos.models import Repository


class Category(models.Model):
    """What a discussion is about, and how it works."""

    class Format(models.TextChoices):
        OPEN = "open", "Open talk"
        QUESTION = "question", "Question and answer"
        ANNOUNCEMENT = "announcement", "Announcement"
        POLL = "poll", "Poll"

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="discussion_categories")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=60)
    icon = models.CharField(max_length=40, default="message-square")
    description = models.CharField(max_length=200, blank=True)
    format = models.CharField(max_length=12, choices=Format, default=Format.OPEN)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repository", "slug"], name="collab_category_slug"),
            models.UniqueConstraint("repository", Lower("name"), name="collab_category_name_ci"),
        ]
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class Discussion(models.Model):
    """What a topic of kind `discussion` has beyond its talk."""

    topic = models.OneToOneField(Topic, models.CASCADE, primary_key=True, related_name="discussion")
    category = models.ForeignKey(Category, models.RESTRICT, related_name="discussions")
    answer = models.ForeignKey(Comment, models.SET_NULL, null=True, blank=True, related_name="answers")
    answered_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    votes_count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"discussion {self.topic_id}"


class Upvote(models.Model):
    """Somebody finds a discussion, or a comment on one, worth reading: what has most comes first where asked for."""

    discussion = models.ForeignKey(Discussion, models.CASCADE, null=True, blank=True, related_name="upvotes")
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, blank=True, related_name="upvotes")
    user = models.ForeignKey(User, models.CASCADE, related_name="upvotes")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["discussion", "user"], name="collab_upvote_discussion_once"),
            models.UniqueConstraint(fields=["comment", "user"], name="collab_upvote_comment_once"),
            models.CheckConstraint(
                condition=models.Q(discussion__isnull=False, comment__isnull=True)
                | models.Q(discussion__isnull=True, comment__isnull=False),
                name="collab_upvote_is_to_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} for {self.discussion_id or self.comment_id}"


class Poll(models.Model):
    """A question with options; results are shown to those who have voted, and to all when it is over."""

    discussion = models.OneToOneField(Discussion, models.CASCADE, primary_key=True, related_name="poll")
    question = models.CharField(max_length=200)
    is_multiple = models.BooleanField(default=False)
    ends_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.question


class PollOption(models.Model):
    """One answer of a poll and how many chose it."""

    poll = models.ForeignKey(Poll, models.CASCADE, related_name="options")
    text = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(default=0)
    votes_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text


class PollVote(models.Model):
    """One person's choice."""

    option = models.ForeignKey(PollOption, models.CASCADE, related_name="votes")
    user = models.ForeignKey(User, models.CASCADE, related_name="poll_votes")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["option", "user"], name="collab_vote_once")]

    def __str__(self) -> str:
        return f"{self.user_id} for {self.option_id}"
