"""Repositories, the people let in, the branches protected, and what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.levels import LEVEL_CHOICES, Level
from accounts.models import Owner, Team, User

if TYPE_CHECKING:
    from accounts.actor import Actor


class Visibility(models.TextChoices):
    """Who may read a repository without being let in by name."""

    PUBLIC = "public", "Public"
    INTERNAL = "internal", "Internal"
    PRIVATE = "private", "Private"


class RepositoryQuerySet(models.QuerySet["Repository"]):
    """Questions about many repositories."""

    def visible_to(self, actor: Actor) -> RepositoryQuerySet:
        """Those an actor may read: the same rule as access.level_for, stated in SQL."""
        token = actor.token
        rows = self
        if token is not None and token.repository_id is not None:
            rows = rows.filter(pk=token.repository_id)
        if actor.user is None:
            return rows.filter(visibility=Visibility.PUBLIC)
        if actor.user.is_superuser:
            return rows
        user = actor.user
        # Sub-queries in place of joins: no duplicates, and the planner may use each index.
        return rows.filter(
            Q(visibility__in=[Visibility.PUBLIC, Visibility.INTERNAL])
            | Q(owner__user=user)
            | Q(owner__organization__in=user.memberships.filter(role="owner").values("organization"))
            | Q(pk__in=Collaborator.objects.filter(user=user).values("repository"))
            | Q(pk__in=TeamGrant.objects.filter(team__members=user).values("repository"))
        )


class Repository(models.Model):
    """A Git repository and everything that hangs on it: data, runs, models, talk."""

    owner = models.ForeignKey(Owner, models.PROTECT, related_name="repositories")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    visibility = models.CharField(max_length=8, choices=Visibility, default=Visibility.PRIVATE)
    default_branch = models.CharField(max_length=255, default="main")
    is_empty = models.BooleanField(default=True)
    size_bytes = models.BigIntegerField(default=0, help_text="Git objects on disk")
    pushes_since_maintenance = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    pushed_at = models.DateTimeField(null=True, blank=True)
    # A fork: where it came from, and the first of that line, so that a whole family is found by one column.
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="forks")
    family = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    stars_count = models.PositiveIntegerField(default=0)
    forks_count = models.PositiveIntegerField(default=0)
    # How pull requests may be merged.
    allow_merge_commit = models.BooleanField(default=True)
    allow_squash = models.BooleanField(default=True)
    allow_rebase = models.BooleanField(default=True)
    allow_fast_forward = models.BooleanField(default=True)
    delete_merged_branches = models.BooleanField(default=False)

    objects = RepositoryQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("owner", Lower("name"), name="repos_repository_name_ci")]
        indexes = [models.Index(fields=["visibility", "-pushed_at"], name="repos_repository_recent")]
        verbose_name_plural = "repositories"

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner.slug}/{self.name}"

    @property
    def is_private(self) -> bool:
        """Only people let in by name can see it."""
        return self.visibility == Visibility.PRIVATE

    def get_absolute_url(self) -> str:
        """The overview page."""
        return f"/{self.full_name}"


class FormerName(models.Model):
    """An address that a repository had before it was renamed or moved; it leads on until somebody takes it."""

    owner = models.ForeignKey(Owner, models.CASCADE, related_name="former_names")
    name = models.CharField(max_length=100)
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="former_names")

    class Meta:
        constraints = [models.UniqueConstraint("owner", Lower("name"), name="repos_formername_ci")]

    def __str__(self) -> str:
        return f"{self.owner.slug}/{self.name} → {self.repository_id}"


class Collaborator(models.Model):
    """A person let into one repository."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="collaborators")
    user = models.ForeignKey(User, models.CASCADE, related_name="collaborations")
    level = models.PositiveSmallIntegerField(choices=LEVEL_CHOICES, default=Level.READ)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "user"], name="repos_collaborator_once")]

    def __str__(self) -> str:
        return f"{self.user} on {self.repository_id}: {Level(self.level).label}"


class TeamGrant(models.Model):
    """A team let into one repository of its organisation."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="team_grants")
    team = models.ForeignKey(Team, models.CASCADE, related_name="grants")
    level = models.PositiveSmallIntegerField(choices=LEVEL_CHOICES, default=Level.READ)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "team"], name="repos_teamgrant_once")]

    def __str__(self) -> str:
        return f"{self.team} on {self.repository_id}: {Level(self.level).label}"


class ProtectedBranch(models.Model):
    """A rule for branches whose name matches `pattern` (fnmatch): who may push, and that history stays."""

    NOBODY = 100
    PUSH_CHOICES = [(Level.WRITE.value, "Writers"), (Level.ADMIN.value, "Administrators"), (NOBODY, "Nobody")]

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="protected_branches")
    pattern = models.CharField(max_length=200)
    push_level = models.PositiveSmallIntegerField(choices=PUSH_CHOICES, default=Level.WRITE)
    allow_force = models.BooleanField(default=False)
    allow_delete = models.BooleanField(default=False)
    # What a pull request needs before it may be merged into such a branch.
    merge_level = models.PositiveSmallIntegerField(choices=PUSH_CHOICES, default=Level.WRITE)
    required_approvals = models.PositiveSmallIntegerField(default=0)
    require_code_owners = models.BooleanField(default=False)
    dismiss_stale_approvals = models.BooleanField(default=False)
    block_on_requested_changes = models.BooleanField(default=True)
    block_on_open_threads = models.BooleanField(default=False)
    require_up_to_date = models.BooleanField(default=False)
    required_checks = models.JSONField(default=list, blank=True, help_text="List of contexts of commit statuses")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "pattern"], name="repos_protectedbranch_once")]
        ordering = ["pattern"]

    def __str__(self) -> str:
        return self.pattern


class Star(models.Model):
    """A repository that somebody marked to find it again."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="stars", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="stars")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "user"], name="repos_star_once")]

    def __str__(self) -> str:
        return f"{self.user} stars {self.repository_id}"


class Rendering(models.Model):
    """A notebook that somebody wanted to see and a worker draws. The HTML is kept in the cache by blob, not here."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="renderings")
    blob_id = models.CharField(max_length=40)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "blob_id"], name="repos_rendering_once")]

    def __str__(self) -> str:
        return f"{self.blob_id[:10]} of {self.repository_id}"


class Activity(models.Model):
    """Something that happened; feeds, notifications and webhooks all read it."""

    repository = models.ForeignKey(Repository, models.CASCADE, null=True, blank=True, related_name="activities")
    owner = models.ForeignKey(Owner, models.CASCADE, null=True, blank=True, related_name="activities")
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="activities")
    verb = models.CharField(max_length=40)
    subject = models.CharField(max_length=300, blank=True)
    data = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["repository", "-id"], name="repos_activity_repo"),
            models.Index(fields=["user", "-id"], name="repos_activity_user"),
        ]
        verbose_name_plural = "activities"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.user_id} {self.verb} {self.subject}"
