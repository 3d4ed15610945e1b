"""Who somebody is: the caller, and people and organisations by name."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors
from accounts.api.door import Door, answer
from accounts.models import Owner, User
from hub.lib.errors import Unauthenticated


class Person(serializers.Serializer[Any]):
    """A person or an organisation."""

    id = serializers.IntegerField(help_text="The same number for as long as the account exists.")
    login = serializers.CharField(help_text="The first word of the addresses of their repositories.")
    username = serializers.CharField(help_text="The same.")
    full_name = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    type = serializers.ChoiceField(["user", "organization"])


class Problem(serializers.Serializer[Any]):
    """A refusal: RFC 9457, with the members `error`, `details` and `message` that clients of DagsHub read."""

    type = serializers.CharField()
    title = serializers.CharField(help_text="The phrase of the status.")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is wrong, and what to do now.")
    error = serializers.CharField(help_text="One word or two for programs, such as not_found.")
    details = serializers.CharField(help_text="The same as detail.")
    message = serializers.CharField(help_text="The same as detail.")
    field = serializers.CharField(allow_null=True, help_text="The input that is meant, if it is one.")


def shown_owner(owner: Owner) -> dict[str, Any]:
    """The record of an owner; no member is ever null."""
    person = owner.user
    about = person.bio if person is not None else owner.organization.description if owner.organization else ""
    return {
        "id": owner.pk,
        "login": owner.slug,
        "username": owner.slug,
        "full_name": owner.display_name,
        "description": about,
        "type": "organization" if owner.is_organization else "user",
    }


def owner_of(user: User) -> Owner:
    """The owner row of a person."""
    return Owner.objects.select_related("user", "organization").get(user=user)


class Me(Door):
    """The caller."""

    @extend_schema(operation_id="me", tags=["people"], responses={200: Person, 401: Problem})
    def get(self, request: Request) -> Response:
        """Who the credentials stand for; 401 without any."""
        if self.actor.user is None:
            raise Unauthenticated("Send an access token.")
        return answer(shown_owner(owner_of(self.actor.user)))


class Named(Door):
    """Somebody by name."""

    @extend_schema(operation_id="user", tags=["people"], responses={200: Person, 404: Problem})
    def get(self, request: Request, name: str) -> Response:
        """The person or organisation of this name, as its page tells it to everybody."""
        return answer(shown_owner(selectors.owner_named(name)))
