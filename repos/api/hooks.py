"""Webhooks of a repository."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.door import answer, flag_of, page_of, text_of
from accounts.api.people import Problem
from accounts.levels import Level
from hub.lib.errors import Invalid, NotFound
from repos.api.door import Json, RepoDoor
from repos.api.refs import PAGING
from repos.models import Webhook
from repos.services import webhooks as services

FORMATS = {"gitea": "json", "cairn": "json", "msteams": "teams"}


class WebhookShape(serializers.Serializer[Any]):
    """A webhook. Its secret is never told."""

    id = serializers.IntegerField()
    type = serializers.CharField(help_text="json, form, slack, discord or teams.")
    config = serializers.DictField(help_text="`url` and `content_type`.")
    events = serializers.ListField(child=serializers.CharField(), help_text="Empty: all events.")
    branch_filter = serializers.CharField(allow_blank=True)
    active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class NewWebhook(serializers.Serializer[Any]):
    """A webhook; `config` as in Gitea."""

    type = serializers.CharField(required=False, help_text="json (the default), form, slack, discord or teams.")
    config = serializers.DictField(help_text="`url`, and if wanted `secret`.")
    events = serializers.ListField(child=serializers.CharField(), required=False)
    branch_filter = serializers.CharField(required=False, allow_blank=True)
    active = serializers.BooleanField(required=False, help_text="true unless said otherwise.")


class ChangedWebhook(serializers.Serializer[Any]):
    """What shall change; the rest stays."""

    config = serializers.DictField(required=False)
    events = serializers.ListField(child=serializers.CharField(), required=False)
    branch_filter = serializers.CharField(required=False, allow_blank=True)
    active = serializers.BooleanField(required=False)


class _HookDoor(RepoDoor):
    def hook(self) -> Webhook:
        """The webhook that the address names; raises NotFound."""
        hooks = self.open(Level.ADMIN).webhooks.select_related("repository__owner")
        found = hooks.filter(pk=min(self.kwargs["hook"], 2**63 - 1)).first()
        if found is None:
            raise NotFound("There is no such webhook here.")
        return found


class Webhooks(RepoDoor):
    """Webhooks of a repository."""

    @extend_schema(
        operation_id="webhooks", tags=["webhooks"], parameters=PAGING,
        responses={200: WebhookShape(many=True), 403: Problem, 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str) -> Response:
        """All of them; needs admin access."""
        found, headers = page_of(request, list(self.open(Level.ADMIN).webhooks.order_by("pk")))
        return answer([_shown(row) for row in found], headers=headers)

    @extend_schema(
        operation_id="create_webhook", tags=["webhooks"], request=NewWebhook,
        responses={201: WebhookShape, 400: Problem, 403: Problem, 404: Problem},
    )  # fmt: skip
    def post(self, request: Request, owner: str, name: str) -> Response:
        """Add one; needs admin access."""
        repository, fields = self.open(Level.ADMIN), self.fields(request)
        config, kind = _config(fields), text_of(fields, "type", "json", most=20)
        made = services.create_webhook(
            actor=self.actor,
            place=repository,
            url=text_of(config, "url", most=5000),
            secret=text_of(config, "secret", most=5000),
            format="form" if config.get("content_type") == "form" and kind in FORMATS else FORMATS.get(kind, kind),
            events=_events(fields),
            branches=text_of(fields, "branch_filter"),
            is_active=flag_of(fields, "active") is not False,
        )
        return answer(_shown(made), status=201)


class OneWebhook(_HookDoor):
    """One webhook."""

    @extend_schema(operation_id="webhook", tags=["webhooks"], responses={200: WebhookShape, 404: Problem})
    def get(self, request: Request, owner: str, name: str, hook: int) -> Response:
        """The webhook; needs admin access."""
        return answer(_shown(self.hook()))

    @extend_schema(
        operation_id="change_webhook", tags=["webhooks"], request=ChangedWebhook,
        responses={200: WebhookShape, 400: Problem, 403: Problem, 404: Problem},
    )  # fmt: skip
    def patch(self, request: Request, owner: str, name: str, hook: int) -> Response:
        """Change it; needs admin access."""
        row, fields = self.hook(), self.fields(request)
        config = _config(fields)
        changed = services.update_webhook(
            actor=self.actor,
            webhook=row,
            url=text_of(config, "url", most=5000) if "url" in config else None,
            secret=text_of(config, "secret", most=5000) if "secret" in config else None,
            events=_events(fields) if "events" in fields else None,
            branches=text_of(fields, "branch_filter") if "branch_filter" in fields else None,
            is_active=flag_of(fields, "active"),
        )
        return answer(_shown(changed))

    @extend_schema(operation_id="delete_webhook", tags=["webhooks"], responses={204: None, 403: Problem, 404: Problem})
    def delete(self, request: Request, owner: str, name: str, hook: int) -> Response:
        """Delete it with its log; needs admin access."""
        services.delete_webhook(actor=self.actor, webhook=self.hook())
        return Response(status=204)


class WebhookTest(_HookDoor):
    """A trial of a webhook."""

    @extend_schema(
        operation_id="test_webhook", tags=["webhooks"], request=None, responses={204: None, 403: Problem, 404: Problem}
    )
    def post(self, request: Request, owner: str, name: str, hook: int) -> Response:
        """Send a greeting; how it went stands in the webhook's log. Needs admin access."""
        services.send_test(actor=self.actor, webhook=self.hook())
        return Response(status=204)


def _config(fields: Json) -> Json:
    config = fields.get("config") or {}
    if not isinstance(config, dict):
        raise Invalid("config is an object with `url`.", field="config")
    return config


def _events(fields: Json) -> list[str]:
    events = fields.get("events") or []
    if not isinstance(events, list) or len(events) > 100 or any(not isinstance(event, str) for event in events):
        raise Invalid("events is a list of names.", field="events")
    return events


def _shown(row: Webhook) -> Json:
    return {
        "id": row.pk,
        "type": row.format,
        "config": {"url": row.url, "content_type": "form" if row.format == Webhook.Format.FORM else "json"},
        "events": row.events,
        "branch_filter": row.branches,
        "active": row.is_active,
        "created_at": row.created_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
    }
