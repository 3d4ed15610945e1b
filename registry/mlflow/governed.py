"""Tells clients where to ask when a rule governs what they want to change."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from urllib.parse import urlencode

from django.urls import reverse

from hub.lib.errors import Forbidden
from registry.services.governing import Governed
from tracking.mlflow.wire import Call

B = TypeVar("B")
A = TypeVar("A")


def governed(handler: Callable[[Call, B], A]) -> Callable[[Call, B], A]:
    """PERMISSION_DENIED that names the page on which a promotion is asked for, or the model's rules are shown."""

    @wraps(handler)
    def answer(call: Call, body: B) -> A:
        try:
            return handler(call, body)
        except Governed as error:
            raise Forbidden(error.message, next_step=f"See {call.base()}{_page(call, error)}") from error

    return answer


def _page(call: Call, error: Governed) -> str:
    where = {"owner": call.repository.owner.slug, "name": call.repository.name, "model": error.model.name}
    if not error.version:
        return reverse("registry:rules", kwargs=where)
    page = reverse("registry:ask", kwargs={**where, "number": error.version})
    return f"{page}?{urlencode({error.kind: error.target})}"
