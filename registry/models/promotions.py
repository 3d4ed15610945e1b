"""Rules for moving an alias or a stage, requests to do so, what people said to them, and the trail of every change."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.levels import Level
from accounts.models import User
from registry.models.registered import MAX_NAME, MAX_USER_NAME, RegisteredModel
from registry.models.versions import MAX_ALIAS, ModelVersion
from repos.models import Repository
from tracking.models.experiments import moment


class Target(models.TextChoices):
    """What a version is promoted to."""

    ALIAS = "alias", "Alias"
    STAGE = "stage", "Stage"


def shown_target(kind: str, target: str) -> str:
    """An alias with its @, a stage by its name."""
    return f"@{target}" if kind == Target.ALIAS else target


class PromotionRule(models.Model):
    """What it takes to move an alias or stage: of one model, or (without one) of all models of a repository."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="promotion_rules", db_index=False)
    model = models.ForeignKey(
        RegisteredModel, models.CASCADE, null=True, blank=True, related_name="promotion_rules", db_index=False
    )
    kind = models.CharField(max_length=5, choices=Target)
    target = models.CharField(max_length=MAX_ALIAS)
    approvals = models.PositiveSmallIntegerField(default=0)
    level = models.PositiveSmallIntegerField(default=Level.WRITE.value, help_text="Whose approval counts")
    gates = models.JSONField(default=list, blank=True)
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    updated_at = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["repository", "kind", "target"], condition=Q(model__isnull=True), name="registry_rule_default"
            ),
            models.UniqueConstraint(
                fields=["model", "kind", "target"], condition=Q(model__isnull=False), name="registry_rule_of_model"
            ),
        ]
        indexes = [
            models.Index(fields=["repository"], name="registry_rule_repository"),
            models.Index(fields=["changed_by"], name="registry_rule_changed_by"),
        ]
        ordering = ["kind", "target"]

    def __str__(self) -> str:
        return shown_target(self.kind, self.target)

    @property
    def approver(self) -> str:
        """The word for whose approval counts."""
        return Level(self.level).label


class Promotion(models.Model):
    """A request to move an alias or a stage to a version. Times are in milliseconds since 1970.

    `base` is the version that held the place when it was last looked at, `results` what the gates said then.
    """

    class State(models.TextChoices):
        """How far it has come. Approved: people have said yes, and a gate has not."""

        OPEN = "open", "Open"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"
        DONE = "done", "Done"

    WAITING = (State.OPEN, State.APPROVED)

    model = models.ForeignKey(RegisteredModel, models.CASCADE, related_name="promotions", db_index=False)
    number = models.PositiveIntegerField()
    version = models.ForeignKey(ModelVersion, models.CASCADE, related_name="promotions")
    kind = models.CharField(max_length=5, choices=Target)
    target = models.CharField(max_length=MAX_ALIAS)
    archive = models.BooleanField(default=False, help_text="Whether others in the stage are archived")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    reason = models.TextField(blank=True)
    base = models.PositiveIntegerField(null=True, blank=True)
    results = models.JSONField(default=list, blank=True)
    overridden = models.BooleanField(default=False)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    asked_name = models.CharField(max_length=MAX_USER_NAME, blank=True)
    asked_at = models.BigIntegerField()
    closed_name = models.CharField(max_length=MAX_USER_NAME, blank=True)
    closed_at = models.BigIntegerField(null=True, blank=True)
    closing = models.TextField(blank=True, help_text="What was said when it ended")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "number"], name="registry_promotion_number")]
        indexes = [
            models.Index(
                fields=["model", "-number"],
                condition=Q(state__in=["open", "approved"]),
                name="registry_promotion_waiting",
            ),
            models.Index(fields=["asked_by"], name="registry_promotion_asked_by"),
        ]
        ordering = ["-asked_at", "-number"]

    def __str__(self) -> str:
        return f"request {self.number}: version {self.version.number} to {self.place}"

    @property
    def place(self) -> str:
        """What the version is to get, in words."""
        return shown_target(self.kind, self.target)

    @property
    def is_waiting(self) -> bool:
        """Whether it can still be decided."""
        return self.state in self.WAITING

    @property
    def asked(self) -> datetime | None:
        """When it was asked."""
        return moment(self.asked_at)

    @property
    def closed(self) -> datetime | None:
        """When it ended."""
        return moment(self.closed_at)


class PromotionReview(models.Model):
    """What one person said to a request, when the version `base` held the place; the last word counts."""

    promotion = models.ForeignKey(Promotion, models.CASCADE, related_name="reviews", db_index=False)
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    user_name = models.CharField(max_length=MAX_USER_NAME)
    approves = models.BooleanField()
    comment = models.TextField(blank=True)
    base = models.PositiveIntegerField(null=True, blank=True)
    said_at = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["promotion", "user"], name="registry_review_once")]
        indexes = [models.Index(fields=["user"], name="registry_review_user")]
        ordering = ["said_at", "pk"]

    def __str__(self) -> str:
        return f"{self.user_name} {'approves' if self.approves else 'refuses'}"

    @property
    def said(self) -> datetime | None:
        """When it was said."""
        return moment(self.said_at)


class Door(models.TextChoices):
    """The way by which a change came."""

    WEB = "web", "Browser"
    MLFLOW = "mlflow", "MLflow client"


class ModelEvent(models.Model):
    """One change of a model. Kept when the model is deleted: the model is named by its key, which is no foreign key."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="model_events", db_index=False)
    model_key = models.BigIntegerField(null=True, blank=True)
    model_name = models.CharField(max_length=MAX_NAME, blank=True)
    version = models.PositiveIntegerField(null=True, blank=True)
    verb = models.CharField(max_length=40)
    data = models.JSONField(default=dict, blank=True)
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    user_name = models.CharField(max_length=MAX_USER_NAME, blank=True)
    door = models.CharField(max_length=6, choices=Door, blank=True)  # "" before doors were noted
    done_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["repository", "-id"], name="registry_event_repository"),
            models.Index(fields=["model_key", "-id"], name="registry_event_model"),
            models.Index(fields=["user"], name="registry_event_user"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.user_name} {self.verb} {self.model_name}"
