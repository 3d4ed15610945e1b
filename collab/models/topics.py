"""Topics: what issues, pull requests and discussions share, their labels and milestones, and the numbers they get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import User
from repos.models import Repository

if TYPE_CHECKING:
    from accounts.actor import Actor


class Kind(models.TextChoices):
    """What a topic is; it changes only when an issue is made a discussion."""

    ISSUE = "issue", "Issue"
    PULL = "pull", "Pull request"
    DISCUSSION = "discussion", "Discussion"


class Counter(models.Model):
    """The last number given in a repository: topics of all kinds share one sequence, as `#12` names one thing."""

    repository = models.OneToOneField(Repository, models.CASCADE, primary_key=True, related_name="topic_counter")
    last = models.PositiveIntegerField(default=0)
    milestones = models.PositiveIntegerField(default=0, help_text="The last number given to a milestone")

    def __str__(self) -> str:
        return f"{self.repository_id}: {self.last}"


class Label(models.Model):
    """A word that sorts topics. Of labels `scope/…` marked exclusive a topic has one at most."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="labels")
    name = models.CharField(max_length=60)
    colour = models.CharField(max_length=7, help_text="#rrggbb")
    description = models.CharField(max_length=200, blank=True)
    is_exclusive = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint("repository", Lower("name"), name="collab_label_name_ci")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> str:
        """What stands before the last slash, "" without one."""
        return self.name.rpartition("/")[0]


class Milestone(models.Model):
    """A goal with a date that topics lead to."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="milestones")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    due_on = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repository", "number"], name="collab_milestone_number"),
            models.UniqueConstraint("repository", Lower("title"), name="collab_milestone_title_ci"),
        ]

    def __str__(self) -> str:
        return self.title


class TopicQuerySet(models.QuerySet["Topic"]):
    """Questions about many topics."""

    def visible_to(self, actor: Actor) -> TopicQuerySet:
        """Those in repositories that an actor may read."""
        return self.filter(repository__in=Repository.objects.visible_to(actor))


class Topic(models.Model):
    """An issue, the talk of a pull request, or a discussion."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    class Reason(models.TextChoices):
        COMPLETED = "completed", "Completed"
        NOT_PLANNED = "not_planned", "Not planned"
        DUPLICATE = "duplicate", "Duplicate"
        MERGED = "merged", "Merged"

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="topics", db_index=False)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    title = models.CharField(max_length=255)
    body = models.TextField(blank=True)
    author = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="topics")
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    reason = models.CharField(max_length=11, choices=Reason, blank=True, help_text="Why it is closed")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    labels = models.ManyToManyField(Label, related_name="topics", blank=True)
    milestone = models.ForeignKey(Milestone, models.SET_NULL, null=True, blank=True, related_name="topics")
    assignees = models.ManyToManyField(User, related_name="assigned_topics", blank=True)
    due_on = models.DateField(null=True, blank=True)
    is_locked = models.BooleanField(default=False, help_text="Only writers may go on")
    lock_reason = models.CharField(max_length=100, blank=True)
    pinned_at = models.DateTimeField(null=True, blank=True)
    # Counts kept, not counted.
    comments_count = models.PositiveIntegerField(default=0)
    reactions_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    # Grows with each edit of title or body, so that two editors do not overwrite each other.
    edits = models.PositiveIntegerField(default=0)

    objects = TopicQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "number"], name="collab_topic_number")]
        indexes = [
            models.Index(fields=["repository", "kind", "state", "-number"], name="collab_topic_newest"),
            models.Index(fields=["repository", "kind", "state", "-updated_at"], name="collab_topic_updated"),
            models.Index(fields=["author", "kind", "state", "-updated_at"], name="collab_topic_author"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"

    @property
    def is_open(self) -> bool:
        """Neither closed nor merged."""
        return self.state == Topic.State.OPEN

    @property
    def word(self) -> str:
        """`issue`, `pull request` or `discussion`."""
        return Kind(self.kind).label.lower()

    def get_absolute_url(self) -> str:
        """Its page. Costs queries unless repository and owner are selected."""
        folder = {Kind.ISSUE: "issues", Kind.PULL: "pulls", Kind.DISCUSSION: "discussions"}[Kind(self.kind)]
        return f"/{self.repository.full_name}/{folder}/{self.number}"
