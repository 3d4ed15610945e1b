"""How sign-in and sign-up by django-allauth follow the hub's own rules."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse

from accounts.limits import client_address
from accounts.models import User
from hub.lib.errors import HubError


class HubAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up can be switched off; names follow the rules of addresses; mails name the configured address."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": "User name and password do not match.",
        "email_password_mismatch": "E-mail address and password do not match.",
        "enter_current_password": "This is not your current password.",
        "too_many_login_attempts": "There were too many wrong passwords. Wait five minutes, then try again.",
        "email_taken": "Somebody else uses this e-mail address.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether anybody may sign up."""
        return bool(settings.SIGNUP_OPEN)

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """The name, or a ValidationError that says which rule it breaks or that it is taken."""
        from accounts.forms.base import in_words
        from accounts.services.users import check_name

        try:
            check_name(username)
        except HubError as error:
            raise ValidationError(in_words(error)) from None
        return username

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> User:
        """Make the person with the service that also claims their address."""
        from accounts.services.users import create_user

        data = form.cleaned_data
        return create_user(username=data["username"], password=data["password1"], email=data.get("email") or "")

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address by which failures are counted."""
        return client_address(request)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link in a password reset mail."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.HUB_URL.rstrip("/") + path.replace("UID-KEY", key)

    def format_email_subject(self, subject: str) -> str:
        """The hub's own name before the subject: allauth would put the Host header of the request there."""
        return f"[Cairn] {subject}"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to the page of the password."""
        return reverse("account_change_password")
