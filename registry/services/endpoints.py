"""Sets up, changes and removes the endpoints that prompts are tried against. Keys go in and never come out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from accounts.actor import Actor
from accounts.levels import Level
from hub.lib import outbound
from hub.lib.errors import Conflict, Forbidden, Invalid
from hub.lib.sealing import Unreadable, seal, unseal
from registry.completions import Wire, list_models
from registry.models import Door, EndpointUse, ModelEndpoint
from registry.models.endpoints import MAX_MODEL, MAX_NAME, MAX_URL
from registry.selectors.playground import endpoints_of
from registry.services.trail import note
from repos.access import level_for
from repos.models import Repository
from tracking.clock import now_ms

KEY = "registry.endpoint"
MOST_ENDPOINTS = 20
MOST_OFFERED = 500
MAX_KEY = 1000
MOST_TOKENS = 200_000
MOST_CALLS = 10_000
MOST_SECONDS = 300
_printable = re.compile(r"[!-~]*")


def save_endpoint(
    *,
    repository: Repository,
    endpoint: ModelEndpoint | None,
    name: str,
    base_url: str,
    key: str = "",
    forget_key: bool = False,
    default_model: str = "",
    offered: Sequence[str] = (),
    max_tokens: int = 1024,
    calls_per_hour: int = 60,
    seconds: int = 60,
    input_price: Decimal | None = None,
    output_price: Decimal | None = None,
    actor: Actor,
) -> ModelEndpoint:
    """The endpoint (None: a new one) is as given; without a `key` it keeps the one it has.

    Raises Forbidden for all but administrators, Invalid, Conflict for a name that is taken or too many endpoints.
    """
    _only_administrators(actor, repository)
    url = _check_url(base_url)
    if not name.strip() or len(name) > MAX_NAME or "\0" in name:
        raise Invalid(f"An endpoint needs a name of at most {MAX_NAME} characters.", field="name")
    if len(key) > MAX_KEY or not _printable.fullmatch(key):
        raise Invalid(f"A key is at most {MAX_KEY} ASCII characters without spaces.", field="key")
    for given, most, limited in (
        (max_tokens, MOST_TOKENS, "max_tokens"),
        (calls_per_hour, MOST_CALLS, "calls_per_hour"),
        (seconds, MOST_SECONDS, "seconds"),
    ):
        if not 1 <= given <= most:
            raise Invalid(f"Give a number from 1 to {most:,}.", field=limited)
    values = {
        "name": name.strip(), "base_url": url, "default_model": _check_model(default_model, "default_model"),
        "offered": _check_offered(offered), "max_tokens": max_tokens, "calls_per_hour": calls_per_hour,
        "seconds": seconds, "input_price": input_price, "output_price": output_price, "updated_at": now_ms(),
    }  # fmt: skip
    with transaction.atomic():
        others = endpoints_of(repository).select_for_update()
        if endpoint is None and others.count() >= MOST_ENDPOINTS:
            raise Conflict(f"The repository has {MOST_ENDPOINTS} endpoints, the most it may have.", field="name")
        if others.filter(name=values["name"]).exclude(pk=endpoint.pk if endpoint else 0).exists():
            raise Conflict("Another endpoint of the repository has this name.", field="name")
        held = endpoint or ModelEndpoint(repository=repository, created_at=now_ms())
        # SECURITY: a key that nobody may read must not be sent to wherever an administrator points it later.
        if held.sealed_key and not key and not forget_key and _origin(held.base_url) != _origin(url):
            raise Invalid("The key was given for another host. Enter it again, or remove it.", field="key")
        for field, value in values.items():
            setattr(held, field, value)
        held.sealed_key = seal(key, purpose=KEY) if key else "" if forget_key else held.sealed_key
        try:
            with transaction.atomic():
                held.save()
        except IntegrityError:
            raise Conflict("Another endpoint of the repository has this name.", field="name") from None
        verb = "changed endpoint" if endpoint else "added endpoint"
        data = {"endpoint": held.name, "host": urlsplit(url).hostname, "key": _about_key(key, forget_key)}
        note(repository=repository, model=None, verb=verb, actor=actor, door=Door.WEB, subject=held.name, data=data)
    return held


def remove_endpoint(*, endpoint: ModelEndpoint, actor: Actor) -> None:
    """The endpoint and its key are gone; what waits for it fails. Trials and runs stay. Raises Forbidden."""
    repository = endpoint.repository
    _only_administrators(actor, repository)
    with transaction.atomic():
        EndpointUse.objects.filter(endpoint=endpoint).delete()
        data, verb = {"endpoint": endpoint.name}, "removed endpoint"
        note(repository=repository, model=None, verb=verb, actor=actor, door=Door.WEB, subject=endpoint.name, data=data)
        endpoint.delete()


def fetch_models(*, endpoint: ModelEndpoint, actor: Actor) -> list[str]:
    """The endpoint offers what its API lists; returns the names. Raises Forbidden, Invalid (nothing is changed)."""
    _only_administrators(actor, endpoint.repository)
    found = list_models(wire_of(endpoint))
    if not found:
        raise Invalid("The endpoint lists no models. The names that were there stay.")
    endpoint.offered = found
    endpoint.default_model = endpoint.default_model or found[0]
    endpoint.updated_at = now_ms()
    endpoint.save(update_fields=["offered", "default_model", "updated_at"])
    return found


def wire_of(endpoint: ModelEndpoint) -> Wire:
    """What a call needs, the key in the clear. Raises Invalid when the key cannot be read any more."""
    try:
        key = unseal(endpoint.sealed_key, purpose=KEY) if endpoint.sealed_key else ""
    except Unreadable:
        raise Invalid(
            "The endpoint's key cannot be read: the server's secret has changed.",
            next_step="An administrator of the repository can enter it again.",
        ) from None
    return Wire(endpoint.base_url, key, float(endpoint.seconds))


def _only_administrators(actor: Actor, repository: Repository) -> None:
    if level_for(actor, repository) < Level.ADMIN:
        raise Forbidden("Only administrators of the repository configure endpoints.")


def _check_url(text: str) -> str:
    """The base URL as it is kept: without what calls add; an address without a path is given /v1."""
    url = text.strip()
    if len(url) > MAX_URL:
        raise Invalid(f"The URL is at most {MAX_URL} characters long.", field="base_url")
    try:
        outbound.check(url)
    except (Invalid, outbound.Unreachable) as error:
        raise Invalid(error.message, field="base_url", next_step=error.next_step) from None
    parts = urlsplit(url)
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise Invalid("The base URL has no ? and no #.", field="base_url")
    plain = url.rstrip("/").removesuffix("/chat/completions").removesuffix("/models").rstrip("/")
    return plain if urlsplit(plain).path else f"{plain}/v1"


def _check_model(name: str, field: str) -> str:
    if len(name) > MAX_MODEL or "\0" in name:
        raise Invalid(f"Names of models have at most {MAX_MODEL} characters.", field=field)
    return name.strip()


def _check_offered(names: Sequence[str]) -> list[str]:
    if len(names) > MOST_OFFERED:
        raise Invalid(f"At most {MOST_OFFERED} models are offered.", field="offered")
    return [name for name in dict.fromkeys(_check_model(each, "offered") for each in names) if name]


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _about_key(key: str, forget: bool) -> str:
    return "set" if key else "removed" if forget else "kept"
