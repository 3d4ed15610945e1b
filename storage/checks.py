"""Tells at start when blobs could be kept nowhere."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from storage.blobs import fault_of
from storage.store import store_config


@register("hub")
def blobs_have_a_place(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """HUB_BLOBS is understood, and Azure has an account."""
    fault = fault_of(store_config())
    if not fault:
        return []
    hint = "Set HUB_BLOBS, and for Azure HUB_AZURE_CONNECTION; docs/admin/running.md shows each."
    return [Error(f"HUB_BLOBS cannot be used. {fault}", hint=hint, id="storage.E001")]
