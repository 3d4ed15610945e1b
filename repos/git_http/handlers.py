"""What each path of the door answers: parse, doorman, one call, stream."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase

from accounts.actor import Actor
from accounts.levels import Level
from hub.lib.errors import Conflict, Forbidden, HubError, NotFound
from repos.access import open_repo
from repos.git.serve import Service
from repos.git_http import wire
from repos.models import Repository
from repos.services import repositories, transport

# SECURITY: what a client asks for is looked up here; no word of a request reaches git's command line.
SERVICES = {
    "git-upload-pack": (Service.UPLOAD_PACK, Level.READ),
    "git-receive-pack": (Service.RECEIVE_PACK, Level.WRITE),
}


def info_refs(request: HttpRequest, actor: Actor, owner: str, name: str) -> HttpResponseBase:
    """GET info/refs?service=…: the first request of every clone, fetch and push."""
    asked = request.GET.get("service", "")
    if asked not in SERVICES:
        raise Forbidden("Only git's smart HTTP protocol is spoken here.", next_step="Use git 1.6.6 or newer.")
    service, needs = SERVICES[asked]
    repository = _open_or_create(actor, owner, name, service, needs)
    blocks = transport.advertise(repository=repository, service=service, protocol=wire.protocol_of(request))
    transport.release_database()
    return wire.answer(blocks, f"application/x-{asked}-advertisement")


def upload_pack(request: HttpRequest, actor: Actor, owner: str, name: str) -> HttpResponseBase:
    """POST git-upload-pack: the objects of a clone or fetch."""
    repository = open_repo(actor, owner, name, needs=Level.READ)
    body = wire.limited(wire.body_of(request, "git-upload-pack"), wire.LARGEST_FETCH)
    blocks = transport.upload_pack(repository=repository, body=body, protocol=wire.protocol_of(request))
    transport.release_database()
    return wire.answer(blocks, "application/x-git-upload-pack-result")


def receive_pack(request: HttpRequest, actor: Actor, owner: str, name: str) -> HttpResponseBase:
    """POST git-receive-pack: the commands and objects of a push."""
    repository = open_repo(actor, owner, name, needs=Level.WRITE)
    blocks = transport.receive_pack(
        actor=actor,
        repository=repository,
        body=wire.body_of(request, "git-receive-pack"),
        protocol=wire.protocol_of(request),
    )
    return wire.answer(blocks, "application/x-git-receive-pack-result")


def _open_or_create(actor: Actor, owner: str, name: str, service: Service, needs: Level) -> Repository:
    """Let the actor in; a push to a free name under an owner of theirs makes the repository, private."""
    try:
        return open_repo(actor, owner, name, needs=needs)
    except NotFound as missing:
        if service is not Service.RECEIVE_PACK:
            raise
        return _create(actor, owner, name, missing)


def _create(actor: Actor, owner: str, name: str, missing: HubError) -> Repository:
    try:
        found = repositories.owner_named(owner)
        return repositories.create_repository(actor=actor, owner=found, name=name, visibility="private")
    except (NotFound, Forbidden, Conflict):
        # SECURITY: "you may not create here" or "taken" would tell a stranger which names are in use.
        raise missing from None
