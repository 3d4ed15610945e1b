"""Webhooks of the registry: who is told what, and the log of what was sent."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from repos.models import Repository

MAX_NAME = 63
MAX_URL = 2048


class Webhook(models.Model):
    """An address that is told about changes in a repository's registry. Times are in milliseconds since 1970."""

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE", "Active"
        DISABLED = "DISABLED", "Disabled"

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="registry_webhooks", db_index=False)
    uuid = models.CharField(max_length=36, unique=True)
    name = models.CharField(max_length=MAX_NAME)
    description = models.TextField(blank=True)
    url = models.CharField(max_length=MAX_URL)
    events = models.JSONField(help_text="List of `entity.action`")
    sealed_secret = models.TextField(blank=True, help_text="By hub.lib.sealing; never shown again")
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    created_at = models.BigIntegerField()
    updated_at = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["repository", "-created_at"], name="registry_webhook_recent")]

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """One message to one webhook, and what came of the last attempt to deliver it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", db_index=False)
    uuid = models.CharField(max_length=36, unique=True)
    event = models.CharField(max_length=40)
    body = models.TextField(help_text="As it is sent and signed")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    response_body = models.TextField(blank=True, help_text="Its beginning")
    error = models.TextField(blank=True)
    milliseconds = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    attempted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["webhook", "-id"], name="registry_delivery_recent")]
        verbose_name_plural = "webhook deliveries"

    def __str__(self) -> str:
        return f"{self.event} {self.state}"
