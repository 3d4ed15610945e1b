"""Signing in and up, and changing a password: allauth's forms in the hub's words."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth
from django import forms

from accounts.forms.base import HubForm

NAME_HELP = "The first word of your addresses: letters, digits, hyphens, dots and underscores."
PASSWORD_HELP = "At least 10 characters, and not easy to guess."  # noqa: S105  (words, not a password)


def _word(field: forms.Field, label: str, help_text: str = "", **attributes: str) -> None:
    field.label, field.help_text = label, help_text
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attributes)


class SignInForm(allauth.LoginForm):  # type: ignore[misc]
    """User name or e-mail, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["login"], "User name or e-mail", autocomplete="username", autocapitalize="none")
        _word(self.fields["password"], "Password")


class SignUpForm(allauth.SignupForm):  # type: ignore[misc]
    """A new person."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["username"], "User name", NAME_HELP, autocapitalize="none", maxlength="39")
        _word(self.fields["email"], "E-mail")
        _word(self.fields["password1"], "Password", PASSWORD_HELP)
        _word(self.fields["password2"], "Password again")


class NewPasswordForm(allauth.ChangePasswordForm):  # type: ignore[misc]
    """The current password and a new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["oldpassword"], "Current password")
        _word(self.fields["password1"], "New password", PASSWORD_HELP)
        _word(self.fields["password2"], "New password again")


class ResetForm(allauth.ResetPasswordForm):  # type: ignore[misc]
    """Whose password is forgotten."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["email"], "E-mail")


class ResetKeyForm(allauth.ResetPasswordKeyForm):  # type: ignore[misc]
    """The new password of somebody who followed the link in a mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["password1"], "New password", PASSWORD_HELP)
        _word(self.fields["password2"], "New password again")


class SetupForm(HubForm):
    """The first administrator."""

    username = forms.CharField(
        label="User name",
        max_length=39,
        help_text=NAME_HELP,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    email = forms.EmailField(label="E-mail", required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    password = forms.CharField(
        label="Password",
        strip=False,
        help_text=PASSWORD_HELP,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
