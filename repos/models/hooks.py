"""Addresses that are told what happens in a repository, and each message sent to them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import Owner, User
from repos.models.repositories import Repository


class Webhook(models.Model):
    """An address told about events: of one repository, or of all repositories of an owner."""

    class Format(models.TextChoices):
        JSON = "json", "JSON"
        FORM = "form", "Form"
        SLACK = "slack", "Slack"
        DISCORD = "discord", "Discord"
        TEAMS = "teams", "Microsoft Teams"

    repository = models.ForeignKey(Repository, models.CASCADE, null=True, blank=True, related_name="webhooks")
    owner = models.ForeignKey(Owner, models.CASCADE, null=True, blank=True, related_name="webhooks")
    url = models.CharField(max_length=2048)
    format = models.CharField(max_length=7, choices=Format, default=Format.JSON)
    events = models.JSONField(default=list, help_text="List of event names; empty is every event")
    branches = models.CharField(max_length=200, blank=True, help_text="Pattern of branches that pushes are told of")
    sealed_secret = models.TextField(blank=True, help_text="By hub.lib.sealing; never shown again")
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(repository__isnull=False, owner__isnull=True)
                | models.Q(repository__isnull=True, owner__isnull=False),
                name="repos_webhook_is_of_one",
            )
        ]
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.format} webhook {self.pk}"


class WebhookDelivery(models.Model):
    """One message to one webhook, and what came of the last attempt to deliver it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", db_index=False)
    uuid = models.CharField(max_length=36, unique=True)
    event = models.CharField(max_length=40)
    action = models.CharField(max_length=40, blank=True)
    body = models.TextField(help_text="As it is sent and signed")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    request_headers = models.JSONField(default=dict)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    response_body = models.TextField(blank=True, help_text="Its beginning")
    error = models.TextField(blank=True)
    milliseconds = models.PositiveIntegerField(null=True, blank=True)
    redelivers = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="redeliveries")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    attempted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["webhook", "-id"], name="repos_delivery_recent")]
        verbose_name_plural = "webhook deliveries"

    def __str__(self) -> str:
        return f"{self.event} {self.state}"
