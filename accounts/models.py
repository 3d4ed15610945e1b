"""Users, organisations, the address space they share, and access tokens."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.levels import LEVEL_CHOICES, Level


class User(AbstractUser):
    """A person who signs in. Their address and quota live on their Owner row."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    full_name = models.CharField(max_length=150, blank=True)
    bio = models.CharField(max_length=500, blank=True)
    theme = models.CharField(max_length=8, blank=True, default="")

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint(Lower("username"), name="accounts_user_username_ci")]

    def __str__(self) -> str:
        return self.username

    @property
    def display_name(self) -> str:
        """The full name, or the user name when there is none."""
        return self.full_name or self.username


class Organization(models.Model):
    """A group of people that owns repositories together."""

    display_name = models.CharField(max_length=150, blank=True)
    description = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.display_name or f"organization {self.pk}"


class Owner(models.Model):
    """One row for each first word of an address: a user's or an organisation's."""

    slug = models.CharField(max_length=39)
    user = models.OneToOneField(User, models.CASCADE, null=True, blank=True, related_name="owner")
    organization = models.OneToOneField(Organization, models.CASCADE, null=True, blank=True, related_name="owner")
    quota_bytes = models.BigIntegerField(null=True, blank=True, help_text="None: the hub's own, HUB_QUOTA")
    used_bytes = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("slug"), name="accounts_owner_slug_ci"),
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, organization__isnull=True)
                | models.Q(user__isnull=True, organization__isnull=False),
                name="accounts_owner_is_one_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        """The owner's page."""
        return f"/{self.slug}/"

    @property
    def is_organization(self) -> bool:
        """Whether a group stands behind this name."""
        return self.organization_id is not None

    @property
    def quota(self) -> int | None:
        """The most bytes this owner may use: their own quota, else the hub's; None is no limit."""
        return settings.DEFAULT_QUOTA_BYTES if self.quota_bytes is None else self.quota_bytes

    @property
    def display_name(self) -> str:
        """The name to show beside the slug."""
        if self.organization is not None:
            return self.organization.display_name or self.slug
        return self.user.display_name if self.user else self.slug


class Membership(models.Model):
    """A person in an organisation. Owners have ADMIN on all its repositories; members what teams grant."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        MEMBER = "member", "Member"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role, default=Role.MEMBER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "user"], name="accounts_membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization} as {self.role}"


class Team(models.Model):
    """People of an organisation who get the same rights on its repositories."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="teams")
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=300, blank=True)
    members = models.ManyToManyField(User, related_name="teams", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("organization", Lower("name"), name="accounts_team_name_ci")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


def fresh_nonce() -> str:
    """32 random hex digits; changing them revokes what was derived from them."""
    return secrets.token_hex(16)


class AccessToken(models.Model):
    """What lets a program act for a user. The token or secret is recomputed from id and nonce, never stored."""

    class Kind(models.TextChoices):
        TOKEN = "token", "Access token"
        KEY_PAIR = "pair", "S3 key pair"

    kind = models.CharField(max_length=5, choices=Kind, default=Kind.TOKEN, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    scope = models.PositiveSmallIntegerField(choices=LEVEL_CHOICES, default=Level.WRITE)
    # The id of the one repository it opens (None: all of the user's). A plain number, since repositories live
    # in a room above this one; the doorman compares it.
    repository_id = models.BigIntegerField(null=True, blank=True)
    nonce = models.CharField(max_length=32, default=fresh_nonce, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"

    @property
    def is_expired(self) -> bool:
        """Past its expiry."""
        return self.expires_at is not None and self.expires_at <= timezone.now()


class SetupLink(models.Model):
    """A one-time link that makes the first administrator; recomputed from its nonce like a token."""

    nonce = models.CharField(max_length=32, default=fresh_nonce, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"setup link of {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_usable(self) -> bool:
        """Neither used nor expired."""
        return self.used_at is None and self.expires_at > timezone.now()
