"""How somebody wants to be told: mail, digests, what they watch, and the address of their private feeds."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import actor_on, signed_in
from accounts.forms.base import HubForm
from accounts.mail import mail_works
from accounts.models import User
from collab.models import NotificationSettings, Watch
from collab.notice_links import feed_token
from collab.selectors.inbox import watches_of
from collab.services.inbox import change_settings, renew_links
from collab.services.subscribing import WATCH_KINDS, settings_of
from hub.context import public_url


class SettingsForm(HubForm):
    """Fields are named like the keywords of change_settings."""

    mail = forms.ChoiceField(label="Mail", choices=NotificationSettings.Mail.choices, widget=forms.RadioSelect)
    digest_at = forms.IntegerField(
        label="Hour of digests", min_value=0, max_value=23, help_text="0 to 23, UTC. Weekly ones go out on Mondays.",
        widget=forms.NumberInput(attrs={"class": "input input--auto"}),
    )  # fmt: skip
    own_actions = forms.BooleanField(label="Tell me of what I do myself, too", required=False)
    watch_new = forms.BooleanField(
        label="Watch repositories that I make", required=False, help_text="You hear everything that happens there."
    )


def _page(request: HttpRequest, user: User, form: SettingsForm, status: int = 200) -> HttpResponse:
    row = NotificationSettings.objects.filter(user=user).first()
    feed = f"{public_url(request)}{reverse('web:own_feed')}?token={feed_token(row)}" if row is not None else ""
    context = {
        "place": "notifications",
        "form": form,
        "mail_works": mail_works(),
        "address": user.email,
        "watches": watches_of(user, actor_on(request)),
        "levels": Watch.Level.choices,
        "kinds": WATCH_KINDS,
        "feed": feed,
    }
    return render(request, "collab/notice_settings.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Mail, digests and watches."""
    user = signed_in(request)
    if request.method == "POST":
        form = SettingsForm(request.POST)
        if not form.carried_out(change_settings, user=user):
            return _page(request, user, form, 400)
        messages.success(request, "Saved. Mail that waits goes by this, too.")
        return redirect("notices:settings")
    # Looking writes nothing: the row is made when something is saved.
    row = NotificationSettings.objects.filter(user=user).first() or NotificationSettings(user=user)
    initial = {"mail": row.mail, "digest_at": row.digest_at, "own_actions": row.own_actions, "watch_new": row.watch_new}
    return _page(request, user, SettingsForm(initial=initial))


@require_POST
def links(request: HttpRequest) -> HttpResponse:
    """Make the address of private feeds, or a new one in place of it."""
    user = signed_in(request)
    if NotificationSettings.objects.filter(user=user).exists():
        renew_links(user=user)
        messages.success(request, "A new address is made. The old one, and links in mails sent so far, have ended.")
    else:
        settings_of(user)
        messages.success(request, "The address is made.")
    return redirect("notices:settings")
