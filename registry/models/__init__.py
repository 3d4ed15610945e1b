"""The tables of the registry: integer keys inside, names and version numbers outside."""

from __future__ import annotations

from registry.models.endpoints import EndpointUse, ModelEndpoint, PromptCall, PromptTrial
from registry.models.promotions import Door, ModelEvent, Promotion, PromotionReview, PromotionRule, Target
from registry.models.registered import RegisteredModel, RegisteredModelTag
from registry.models.versions import ModelAlias, ModelVersion, ModelVersionTag, Stage
from registry.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "Door",
    "EndpointUse",
    "ModelAlias",
    "ModelEndpoint",
    "ModelEvent",
    "ModelVersion",
    "ModelVersionTag",
    "Promotion",
    "PromotionReview",
    "PromotionRule",
    "PromptCall",
    "PromptTrial",
    "RegisteredModel",
    "RegisteredModelTag",
    "Stage",
    "Target",
    "Webhook",
    "WebhookDelivery",
]
