"""Repositories: made, looked at, changed and deleted."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors as people
from accounts.api.door import Door, answer, flag_of, refused_name, text_of
from accounts.api.people import Problem, owner_of
from accounts.levels import Level
from accounts.models import Owner
from hub.lib.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from repos import starters
from repos.api.door import Json, RepoDoor
from repos.api.shapes import RepositoryShape, shown_repository
from repos.models import Repository, Visibility
from repos.services.branches import set_default_branch
from repos.services.repositories import change_repository, delete_repository, may_create_for, move_repository
from repos.services.starting import start_repository

TEMPLATES = {"", "none", "custom"}


class NewRepository(serializers.Serializer[Any]):
    """What a repository shall be; as JSON or as a form."""

    name = serializers.CharField()
    description = serializers.CharField(required=False, allow_blank=True)
    private = serializers.BooleanField(required=False, help_text="false is public; private when neither is said.")
    visibility = serializers.ChoiceField(Visibility.choices, required=False, help_text="Counts before `private`.")
    auto_init = serializers.BooleanField(required=False, help_text="Begin with a commit of the files below.")
    gitignores = serializers.CharField(required=False, allow_blank=True, help_text=", ".join(starters.GITIGNORES))
    license = serializers.CharField(required=False, allow_blank=True, help_text=", ".join(starters.LICENCES))
    readme = serializers.CharField(required=False, allow_blank=True, help_text="Any word: the README is the hub's.")
    project_template = serializers.ChoiceField(["none", "custom"], required=False)


class ChangedRepository(serializers.Serializer[Any]):
    """What shall change; the rest stays."""

    name = serializers.CharField(required=False)
    description = serializers.CharField(required=False, allow_blank=True)
    private = serializers.BooleanField(required=False)
    visibility = serializers.ChoiceField(Visibility.choices, required=False)
    default_branch = serializers.CharField(required=False)


_made = {201: RepositoryShape, 401: Problem, 403: Problem, 404: Problem, 422: Problem}


class Mine(Door):
    """Repositories of the caller."""

    @extend_schema(operation_id="create_repository", tags=["repositories"], request=NewRepository, responses=_made)
    def post(self, request: Request) -> Response:
        """Make a repository under the caller's own name. 422 when the name is taken or cannot be one."""
        if self.actor.user is None:
            raise Unauthenticated("Send an access token.")
        return created(self, request, owner_of(self.actor.user))


class OfOrganization(Door):
    """Repositories of an organisation."""

    @extend_schema(operation_id="create_org_repository", tags=["repositories"], request=NewRepository, responses=_made)
    def post(self, request: Request, org: str) -> Response:
        """Make a repository under an organisation that the caller owns."""
        if self.actor.user is None:
            raise Unauthenticated("Send an access token.")
        return created(self, request, people.owner_named(org))


class One(RepoDoor):
    """One repository."""

    @extend_schema(operation_id="repository", tags=["repositories"], responses={200: RepositoryShape, 404: Problem})
    def get(self, request: Request, owner: str, name: str) -> Response:
        """The repository; also at an address that it had before."""
        return answer(shown_repository(request._request, self.actor, self.open()))

    @extend_schema(
        operation_id="change_repository", tags=["repositories"], request=ChangedRepository,
        responses={200: RepositoryShape, 403: Problem, 404: Problem, 422: Problem},
    )  # fmt: skip
    def patch(self, request: Request, owner: str, name: str) -> Response:
        """Change name, description, visibility or default branch; needs admin access."""
        repository, fields = self.open(Level.ADMIN), self.fields(request)
        wanted = text_of(fields, "name", most=100)
        try:
            with transaction.atomic():
                self._change(repository, fields, wanted)
        except (Invalid, Conflict) as error:
            raise refused_name(error) from None
        return answer(shown_repository(request._request, self.actor, repository))

    def _change(self, repository: Repository, fields: Json, wanted: str) -> None:
        """All of it or nothing; HEAD, which no transaction brings back, comes last."""
        description = text_of(fields, "description") if "description" in fields else None
        change_repository(
            actor=self.actor, repository=repository, description=description, visibility=_visibility(fields)
        )
        if wanted:
            move_repository(actor=self.actor, repository=repository, name=wanted)
        if fields.get("default_branch"):
            branch = text_of(fields, "default_branch", most=200)
            set_default_branch(actor=self.actor, repository=repository, name=branch)

    @extend_schema(operation_id="delete_repository", tags=["repositories"], responses={204: None, 404: Problem})
    def delete(self, request: Request, owner: str, name: str) -> Response:
        """Delete the repository with its data, runs and models, for ever; needs admin access, and its present name."""
        repository = self.open(Level.ADMIN)
        if f"{owner}/{name}".lower() != repository.full_name.lower():
            # A program that kept an old name shall not delete what now stands elsewhere.
            raise NotFound(f"There is no repository {owner}/{name}; it is called {repository.full_name} now.")
        delete_repository(actor=self.actor, repository=repository, confirmation=repository.full_name)
        return Response(status=204)


def created(door: Door, request: Request, owner: Owner) -> Response:
    """201 with the new repository; 422 for names that are taken or cannot be. Raises Forbidden."""
    if not may_create_for(door.actor, owner):
        raise Forbidden(f"You may not create repositories under {owner.slug}, or not with this token.")
    fields = door.fields(request)
    try:
        repository = start_repository(
            actor=door.actor,
            owner=owner,
            name=text_of(fields, "name", most=200),
            description=text_of(fields, "description"),
            visibility=_visibility(fields) or Visibility.PRIVATE,
            **_beginning(fields),
        )
    except (Invalid, Conflict) as error:
        raise refused_name(error) from None
    return answer(shown_repository(request._request, door.actor, repository), status=201)


def _visibility(fields: Json) -> str | None:
    word, private = text_of(fields, "visibility", most=20), flag_of(fields, "private")
    if word or private is None:
        return word or None
    return Visibility.PRIVATE if private else Visibility.PUBLIC


def _beginning(fields: Json) -> Json:
    """The files that the repository begins with; none unless `auto_init` says so."""
    template = text_of(fields, "project_template", most=100)
    if template not in TEMPLATES:
        raise Invalid("This hub has no such project template.", field="project_template", next_step="Use “custom”.")
    wanted = {name: text_of(fields, name, most=100) for name in ("gitignores", "license")}
    if not flag_of(fields, "auto_init"):
        return {}
    licences = {name.lower(): key for key, label in starters.LICENCES.items() for name in (key, label)}
    ignores = {name.lower(): name for name in starters.GITIGNORES}
    found: Json = {"readme": True}
    for field, argument, known in (("license", "licence", licences), ("gitignores", "gitignore", ignores)):
        word = wanted[field].strip().lower()
        if word and word not in known:
            raise Invalid(f"This hub has no {word}.", field=field, next_step=f"Use one of {', '.join(sorted(known))}.")
        found[argument] = known.get(word, "")
    return found
