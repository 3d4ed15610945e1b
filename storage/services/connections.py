"""Connects outside buckets to a repository, changes and disconnects them. Keys go in and never come out."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actor import Actor
from hub.lib.errors import Conflict, Invalid, NotFound
from hub.lib.sealing import seal
from repos.models import Repository
from repos.services import activity
from storage.connected import Place, list_folder
from storage.connected.places import checked
from storage.connections import PURPOSE, connections_of, place_of
from storage.models import ConnectedBucket

MOST_CONNECTIONS = 50
_name = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def connect_bucket(*, repository: Repository, name: str, place: Place, actor: Actor) -> ConnectedBucket:
    """The repository shows this outside bucket under `name`; it was listed once to see that it answers.

    Raises Invalid, Conflict for a name that is taken or too many, StoreFault when the bucket does not answer.
    """
    _check(name, place)
    if connections_of(repository).count() >= MOST_CONNECTIONS:
        raise Conflict(
            f"{MOST_CONNECTIONS} buckets are connected, the most there may be.", next_step="Disconnect one first."
        )
    connection = ConnectedBucket(repository=repository, created_by=actor.user)
    return _save(connection, name, place, actor, "connected storage")


def change_connection(*, connection: ConnectedBucket, name: str, place: Place | None, actor: Actor) -> ConnectedBucket:
    """Another name, and, unless None, another place; its keys are those in `place`. Raises like connect_bucket."""
    _check(name, place)
    return _save(connection, name, place, actor, "changed connected storage")


def disconnect_bucket(*, connection: ConnectedBucket, actor: Actor) -> None:
    """The repository does not show it any more; its keys are forgotten. The outside bucket stays as it is."""
    with transaction.atomic():
        repository, name = connection.repository, connection.name
        connection.delete()
        activity.record(actor=actor, repository=repository, verb="disconnected storage", subject=name)


def leads_elsewhere(connection: ConnectedBucket, place: Place) -> bool:
    """Whether `place` is another part of the world than the connection's, whatever the keys."""
    return replace(place, key_id="", secret="") != replace(place_of(connection), key_id="", secret="")


def _check(name: str, place: Place | None) -> None:
    if not _name.fullmatch(name):
        raise Invalid("A name has up to 40 lower-case letters, digits, hyphens and underscores.", field="name")
    if place is not None:
        checked(place)
        list_folder(place, limit=1)


def _save(connection: ConnectedBucket, name: str, place: Place | None, actor: Actor, verb: str) -> ConnectedBucket:
    values: dict[str, Any] = {"name": name, "updated_at": timezone.now()}
    if place is not None:
        keys = json.dumps({"key_id": place.key_id, "secret": place.secret})
        values |= {
            "kind": place.kind, "bucket": place.bucket, "prefix": place.prefix, "region": place.region,
            "endpoint": place.endpoint, "account": place.account,
            "sealed_keys": seal(keys, purpose=PURPOSE) if place.secret else "",
        }  # fmt: skip
    for field, value in values.items():
        setattr(connection, field, value)
    try:
        with transaction.atomic():
            if connection.pk is None:
                connection.save(force_insert=True)
            elif not ConnectedBucket.objects.filter(pk=connection.pk).update(**values):
                raise NotFound("It was disconnected meanwhile.")
            activity.record(actor=actor, repository=connection.repository, verb=verb, subject=name)
    except IntegrityError:
        raise Conflict(f"{name} is connected already.", field="name", next_step="Take another name.") from None
    return connection
