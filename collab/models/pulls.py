"""Pull requests: a branch that wants into another, its versions, reviews, and what review must hold."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import Team, User
from collab.models.topics import Topic
from repos.models import Repository


class PullRequest(models.Model):
    """What a topic of kind `pull` has beyond its talk. Commits are whole ids."""

    class Check(models.TextChoices):
        CHECKING = "checking", "Checking"
        CLEAN = "clean", "Can be merged"
        CONFLICTS = "conflicts", "Has conflicts"
        EMPTY = "empty", "Nothing to merge"
        BROKEN = "broken", "Cannot be checked"

    class Method(models.TextChoices):
        MERGE = "merge", "Merge commit"
        SQUASH = "squash", "Squash"
        REBASE = "rebase", "Rebase"
        FAST_FORWARD = "ff", "Fast-forward"

    topic = models.OneToOneField(Topic, models.CASCADE, primary_key=True, related_name="pull")
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="pulls", db_index=False)
    base_branch = models.CharField(max_length=255)
    head_repository = models.ForeignKey(Repository, models.SET_NULL, null=True, related_name="pulls_from_here")
    head_branch = models.CharField(max_length=255)
    base_commit = models.CharField(max_length=40, help_text="Of the base branch when last looked at")
    head_commit = models.CharField(max_length=40)
    merge_base = models.CharField(max_length=40, blank=True, help_text="Empty: no common history")
    is_draft = models.BooleanField(default=False)
    allow_edits = models.BooleanField(default=True, help_text="Writers of the base may push to the head's branch")
    check_state = models.CharField(max_length=9, choices=Check, default=Check.CHECKING)
    conflicts = models.JSONField(default=list, blank=True, help_text="Paths, at most 200")
    additions = models.PositiveIntegerField(default=0)
    deletions = models.PositiveIntegerField(default=0)
    changed_files = models.PositiveIntegerField(default=0)
    commits_count = models.PositiveIntegerField(default=0)
    behind = models.PositiveIntegerField(default=0, help_text="Commits of the base that the head lacks")
    merged_at = models.DateTimeField(null=True, blank=True)
    merged_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    merge_commit = models.CharField(max_length=40, blank=True)
    merge_method = models.CharField(max_length=6, choices=Method, blank=True)
    # Merge by itself as soon as nothing stands in the way.
    auto_method = models.CharField(max_length=6, choices=Method, blank=True)
    auto_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    auto_title = models.CharField(max_length=255, blank=True)
    auto_message = models.TextField(blank=True)
    auto_delete_branch = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["repository", "base_branch"], name="collab_pull_base"),
            models.Index(fields=["head_repository", "head_branch"], name="collab_pull_head"),
        ]

    def __str__(self) -> str:
        return f"{self.head_branch} → {self.base_branch}"

    @property
    def is_merged(self) -> bool:
        """Its commits are in the base branch."""
        return self.merged_at is not None


class PullVersion(models.Model):
    """The head and base of a pull request after each push to its branch, so that talk keeps the lines it was about."""

    pull = models.ForeignKey(PullRequest, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    head_commit = models.CharField(max_length=40)
    base_commit = models.CharField(max_length=40)
    is_forced = models.BooleanField(default=False)
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pull", "number"], name="collab_version_number")]

    def __str__(self) -> str:
        return f"{self.pull_id} version {self.number}"


class Review(models.Model):
    """One person's judgement of a pull request at a commit, sent with its comments all at once."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        COMMENTED = "commented", "Commented"
        APPROVED = "approved", "Approved"
        CHANGES = "changes", "Changes requested"
        DISMISSED = "dismissed", "Dismissed"

    pull = models.ForeignKey(PullRequest, models.CASCADE, related_name="reviews")
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="reviews")
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    body = models.TextField(blank=True)
    commit = models.CharField(max_length=40, help_text="The head when it was sent")
    is_stale = models.BooleanField(default=False, help_text="The head has moved since")
    is_official = models.BooleanField(default=False, help_text="By somebody with write access: counts for rules")
    dismissal = models.CharField(max_length=300, blank=True, help_text="Why it does not count any more")
    dismissed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pull", "author"], condition=models.Q(state="pending"), name="collab_review_one_pending"
            )
        ]

    def __str__(self) -> str:
        return f"{self.state} by {self.author_id}"


class ReviewRequest(models.Model):
    """Somebody, or a team, is asked for a review; it goes when they send one."""

    pull = models.ForeignKey(PullRequest, models.CASCADE, related_name="review_requests")
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="review_requests")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="review_requests")
    is_code_owner = models.BooleanField(default=False, help_text="Asked since CODEOWNERS names them")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pull", "user"], name="collab_request_user_once"),
            models.UniqueConstraint(fields=["pull", "team"], name="collab_request_team_once"),
        ]

    def __str__(self) -> str:
        return f"review of {self.pull_id} by {self.user_id or self.team_id}"


class ViewedFile(models.Model):
    """A reviewer has looked at a file; the mark holds while `change` (its old and new blob) is the same."""

    pull = models.ForeignKey(PullRequest, models.CASCADE, related_name="viewed_files", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="viewed_files")
    path = models.CharField(max_length=1000)
    change = models.CharField(max_length=81)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pull", "user", "path"], name="collab_viewed_once")]

    def __str__(self) -> str:
        return self.path


class MetricGate(models.Model):
    """A rule that compares the runs of a pull request's head with those of its base, told as a check.

    `rule` is text like `val_acc >= base`, `val_loss <= base * 1.02` or `val_acc >= 0.9`; the check is called
    `gate/<name>` and can be required like any other.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="metric_gates")
    name = models.CharField(max_length=60)
    branches = models.CharField(max_length=200, default="*", help_text="Pattern of base branches")
    experiment = models.CharField(max_length=255, blank=True, help_text="Name of an experiment; empty is any")
    rule = models.CharField(max_length=300)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "name"], name="collab_gate_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name}: {self.rule}"
