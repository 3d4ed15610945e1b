"""The one-time link which makes the first administrator of a hub."""

from __future__ import annotations

import datetime as dt
import hmac

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.authn import derive
from accounts.models import SetupLink, User
from accounts.services.users import create_user
from hub.lib.errors import NotFound

LIFETIME = dt.timedelta(minutes=15)


def new_setup_link() -> str:
    """The path of a fresh link (15 minutes, one use), voiding earlier ones; "" if somebody administers."""
    if has_administrator():
        return ""
    with transaction.atomic():
        SetupLink.objects.all().delete()
        link = SetupLink.objects.create(expires_at=timezone.now() + LIFETIME)
    return reverse("accounts:setup", kwargs={"token": _text(link)})


def has_administrator() -> bool:
    """Whether anybody administers this hub."""
    return User.objects.filter(is_superuser=True).exists()


def check_setup_link(*, token: str) -> SetupLink:
    """The link behind a token; raises NotFound when it is unknown, used, expired or no longer needed."""
    number, _, proof = token.partition("-")
    link = None
    if number.isascii() and number.isdigit() and len(number) < 19:
        link = SetupLink.objects.filter(pk=int(number)).first()
    right = link is not None and hmac.compare_digest(_text(link).partition("-")[2].encode(), proof.encode())
    if link is None or not right or not link.is_usable or has_administrator():
        raise NotFound(
            "This link has been used, has expired or was replaced by a newer one.",
            next_step="Sign in, or start the hub again for a new link while it has no administrator.",
        )
    return link


def use_setup_link(*, token: str, username: str, email: str, password: str) -> User:
    """The first administrator exists, the link is void; raises NotFound, or what create_user raises."""
    with transaction.atomic():
        # SECURITY: all links are locked, so that two of them cannot make two first administrators.
        list(SetupLink.objects.select_for_update().order_by("pk"))
        link = check_setup_link(token=token)
        user = create_user(username=username, password=password, email=email, is_admin=True)
        link.used_at = timezone.now()
        link.save(update_fields=["used_at"])
    return user


def _text(link: SetupLink) -> str:
    return f"{link.pk}-{derive('setup-link', link.pk, link.nonce)}"
