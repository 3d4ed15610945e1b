"""Boards: columns of cards, each card a topic."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from collab.models.topics import Label, Topic
from repos.models import Repository


class IssueBoard(models.Model):
    """A wall of columns on which a team moves its issues and pull requests."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="issue_boards")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint("repository", Lower("name"), name="collab_board_name_ci")]

    def __str__(self) -> str:
        return self.name


class BoardColumn(models.Model):
    """A column. What is moved into it gets its label, if it has one, and is closed if it says so."""

    board = models.ForeignKey(IssueBoard, models.CASCADE, related_name="columns")
    name = models.CharField(max_length=60)
    position = models.PositiveIntegerField(default=0)
    label = models.ForeignKey(Label, models.SET_NULL, null=True, blank=True, related_name="+")
    closes = models.BooleanField(default=False)
    limit = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Most cards; None is any number")

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class BoardCard(models.Model):
    """A topic on a board; `position` orders the cards of a column and leaves room between neighbours."""

    board = models.ForeignKey(IssueBoard, models.CASCADE, related_name="cards", db_index=False)
    column = models.ForeignKey(BoardColumn, models.CASCADE, related_name="cards")
    topic = models.ForeignKey(Topic, models.CASCADE, related_name="cards")
    position = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["board", "topic"], name="collab_card_once")]
        indexes = [models.Index(fields=["column", "position"], name="collab_card_order")]
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.topic_id} in {self.column_id}"
