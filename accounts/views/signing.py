"""Signing in, up and out, and passwords: allauth's views with the hub's forms and answers."""

from __future__ import annotations

from typing import Any

from allauth.account import views as allauth
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from accounts.forms.base import show_error
from accounts.forms.signing import NewPasswordForm, ResetForm, ResetKeyForm, SignInForm, SignUpForm
from accounts.mail import mail_works
from hub.lib.errors import Conflict, Invalid


class _ClearRefusal:
    """Answers 400 to input that is refused, in place of allauth's 200."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """The form again, with its errors."""
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        response.status_code = 400
        return response


class SignIn(_ClearRefusal, allauth.LoginView):  # type: ignore[misc]
    """The page of signing in."""

    form_class = SignInForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Whether a forgotten password can be helped by mail is for the page to say."""
        return {**super().get_context_data(**kwargs), "mail_works": mail_works()}


class SignUp(_ClearRefusal, allauth.SignupView):  # type: ignore[misc]
    """The page of signing up."""

    form_class = SignUpForm

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        """Make the person; somebody who took the name in this moment is told beside the field."""
        try:
            return super().form_valid(form)  # type: ignore[no-any-return]
        except (Conflict, Invalid) as error:
            show_error(form, error)
            return self.form_invalid(form)


class PasswordChange(_ClearRefusal, allauth.PasswordChangeView):  # type: ignore[misc]
    """The page of one's own password."""

    form_class = NewPasswordForm


class PasswordReset(_ClearRefusal, allauth.PasswordResetView):  # type: ignore[misc]
    """Ask for a reset mail, where mail can be sent."""

    form_class = ResetForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Say plainly when this hub sends no mail."""
        if not mail_works():
            status = 200 if request.method in ("GET", "HEAD") else 403
            return render(request, "account/password_reset_no_mail.html", status=status)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[no-any-return]


class PasswordResetFromKey(_ClearRefusal, allauth.PasswordResetFromKeyView):  # type: ignore[misc]
    """Where the link in a reset mail leads."""

    form_class = ResetKeyForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A link that does not work any more is not there: 404."""
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        if getattr(self, "reset_user", None) is None and response.status_code == 200:
            response.status_code = 404
        return response
