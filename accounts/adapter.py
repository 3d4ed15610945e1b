"""How sign-in and sign-up by django-allauth follow the hub's own rules."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.names import check_owner_name
from hub.lib.errors import HubError


class HubAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up can be switched off; names follow the rules of addresses."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether anybody may sign up."""
        return bool(settings.SIGNUP_OPEN)

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """The name, or a ValidationError that says which rule it breaks."""
        try:
            check_owner_name(username)
        except HubError as error:
            raise ValidationError(error.message) from None
        return str(super().clean_username(username, shallow))

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """Save through the service that also makes the person's address."""
        from accounts.services import claim_address

        user = super().save_user(request, user, form, commit=commit)
        if commit:
            claim_address(user=user)
        return user
