"""Makes, changes and removes people."""

from __future__ import annotations

import secrets

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts.models import Membership, Owner, User
from accounts.names import check_owner_name
from accounts.services.owners import delete_owner
from hub.lib.errors import Conflict, Invalid

THEMES = ("", "light", "dark")


def random_password() -> str:
    """20 random characters: over 119 bits, to be handed over once and then changed."""
    return secrets.token_urlsafe(15)


def claim_address(*, user: User) -> Owner:
    """The user owns the first address word that is their name; raises Conflict when somebody else has it."""
    try:
        with transaction.atomic():
            return Owner.objects.create(slug=user.username, user=user)
    except IntegrityError:
        raise _taken(user.username) from None


def create_user(*, username: str, password: str, email: str = "", is_admin: bool = False) -> User:
    """A person who can sign in, with their address.

    Raises Invalid (name, e-mail, password) or Conflict (name or e-mail taken, even a moment ago).
    """
    check_name(username)
    user = User(username=username, email=check_email(email), is_superuser=is_admin, is_staff=is_admin)
    check_password_quality(user, password)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
            claim_address(user=user)
    except IntegrityError:
        raise _taken(username) from None
    return user


def check_name(username: str) -> None:
    """Raise Invalid when nobody may be called so, Conflict when a person or an organisation is."""
    try:
        check_owner_name(username)
    except Invalid as error:
        raise Invalid(error.message, field="username", next_step=error.next_step) from None
    if Owner.objects.filter(slug__lower=username.lower()).exists():
        raise _taken(username)


def check_email(email: str, *, of: User | None = None) -> str:
    """The address in lower case ("" stays); raises Invalid when it is none, Conflict when taken."""
    email = email.strip().lower()
    if not email:
        return ""
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid(f"“{email}” is not an e-mail address.", field="email") from None
    others = User.objects.filter(email__iexact=email)
    if of is not None:
        others = others.exclude(pk=of.pk)
    # SECURITY: an address belongs to one person, or a reset link could open somebody else's account.
    if others.exists():
        raise Conflict(f"Somebody else uses {email}.", field="email", next_step="Give another address.")
    return email


def check_password_quality(user: User, password: str) -> None:
    """Raise Invalid, saying why, when a password is too easy to guess."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from None


def _taken(name: str) -> Conflict:
    return Conflict(f"The name {name} is taken.", field="username", next_step="Choose another name.")


def change_profile(
    *, user: User, full_name: str | None = None, bio: str | None = None, theme: str | None = None
) -> User:
    """Change what others see of a person, and how the hub looks to them; what is None stays."""
    if theme is not None and theme not in THEMES:
        raise Invalid("A theme is light, dark or as the system.", field="theme")
    if full_name is not None:
        user.full_name = full_name.strip()
    if bio is not None:
        user.bio = bio.strip()
    if theme is not None:
        user.theme = theme
    _clean(user, "full_name", "bio", "theme")
    user.save(update_fields=["full_name", "bio", "theme"])
    return user


def _clean(user: User, *fields: str) -> None:
    try:
        user.clean_fields(exclude={field.name for field in User._meta.get_fields() if field.name not in fields})
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Invalid(" ".join(messages), field=field) from None


def change_email(*, user: User, email: str) -> User:
    """The person is reached at this address alone ("" for none); the former one opens nothing any more."""
    user.email = check_email(email, of=user)
    with transaction.atomic():
        user.save(update_fields=["email"])
        # SECURITY: a former address must not receive reset links.
        EmailAddress.objects.filter(user=user).exclude(email__iexact=user.email).delete()
    return user


def set_password(*, user: User, password: str) -> User:
    """The person signs in with this password; every session of theirs ends; raises Invalid."""
    check_password_quality(user, password)
    user.set_password(password)
    user.save(update_fields=["password"])
    return user


def set_active(*, user: User, active: bool) -> User:
    """A disabled person's sessions and tokens open nothing until they are enabled; nothing is removed.

    Raises Conflict for the last administrator.
    """
    with transaction.atomic():
        if not active:
            _keep_an_administrator(user)
        user.is_active = active
        user.save(update_fields=["is_active"])
    return user


def set_administrator(*, user: User, is_admin: bool) -> User:
    """Give or take the right to administer the hub; raises Conflict for the last administrator."""
    with transaction.atomic():
        if not is_admin:
            _keep_an_administrator(user)
        user.is_superuser = user.is_staff = is_admin
        user.save(update_fields=["is_superuser", "is_staff"])
    return user


def _keep_an_administrator(user: User) -> None:
    # The rows are locked, so that two administrators cannot remove each other at the same time.
    administrators = User.objects.select_for_update().filter(is_superuser=True, is_active=True).order_by("pk")
    if {one.pk for one in administrators} == {user.pk}:
        raise Conflict(
            f"{user.username} is the only administrator.",
            next_step="Make somebody else an administrator first.",
        )


def delete_user(*, user: User, confirmation: str) -> None:
    """The person, their tokens and memberships are gone, their name is free; what they wrote elsewhere stays.

    Raises Invalid unless `confirmation` is their name; Conflict while they own repositories, or are the only
    owner of an organisation or the only administrator.
    """
    if confirmation != user.username:
        raise Invalid(f"Type {user.username} to confirm.", field="confirm")
    with transaction.atomic():
        _keep_an_administrator(user)
        alone = [m.organization.owner.slug for m in _sole_ownerships(user)]
        if alone:
            raise Conflict(
                f"You are the only owner of {', '.join(alone)}.",
                next_step="Make somebody else an owner, or delete the organisation.",
            )
        delete_owner(user.owner)
        user.delete()


def _sole_ownerships(user: User) -> list[Membership]:
    owned = Membership.objects.filter(user=user, role=Membership.Role.OWNER).select_related("organization__owner")
    shared = Membership.objects.filter(role=Membership.Role.OWNER).exclude(user=user).values("organization")
    return list(owned.exclude(organization__in=shared))
