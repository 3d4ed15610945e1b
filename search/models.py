"""The index: one row for everything that can be found, and how far each source has been read."""

from __future__ import annotations

from django.db import models

from repos.models import Repository

MAX_TITLE = 500
MAX_BODY = 128 * 1024


class Kind(models.TextChoices):
    """What is found; the order is that of the page."""

    REPOSITORY = "repository", "Repositories"
    CODE = "code", "Code"
    ISSUE = "issue", "Issues"
    PULL = "pull", "Pull requests"
    DISCUSSION = "discussion", "Discussions"
    EXPERIMENT = "experiment", "Experiments"
    RUN = "run", "Runs"
    MODEL = "model", "Models"
    PROMPT = "prompt", "Prompts"
    DATASET = "dataset", "Datasets"
    PERSON = "person", "People"


class SearchEntry(models.Model):
    """One thing. The full-text tables that search.engine makes hold its title and body.

    `object_id` is the thing's primary key (for code that of its repository), `key` tells apart what shares one (for
    code the path). `url` is the path of its page below the repository's, `stamp` its version: what has the same is not
    written again.
    """

    kind = models.CharField(max_length=10, choices=Kind)
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="+", db_index=False)
    object_id = models.BigIntegerField()
    key = models.CharField(max_length=500, blank=True)
    title = models.CharField(max_length=MAX_TITLE)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=1000)
    icon = models.CharField(max_length=30)
    facts = models.CharField(max_length=300, blank=True, help_text="A quiet line below the title")
    stamp = models.CharField(max_length=64, blank=True)
    changed_at = models.BigIntegerField(default=0, help_text="Milliseconds since 1970")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "object_id", "key"], name="search_entry_once")]
        indexes = [models.Index(fields=["repository", "kind"], name="search_entry_repository")]
        verbose_name_plural = "search entries"

    def __str__(self) -> str:
        return f"{self.kind} {self.title}"


class SearchMark(models.Model):
    """How far a source has been read: the place (a moment or number, and a key) of the last row."""

    source = models.CharField(max_length=20, primary_key=True)
    at = models.BigIntegerField(default=0)
    key = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.source} to {self.at}"


class CodeMark(models.Model):
    """The commit of a repository whose files are in the index."""

    repository = models.OneToOneField(Repository, models.CASCADE, primary_key=True, related_name="+")
    commit = models.CharField(max_length=40, blank=True)
    is_cut = models.BooleanField(default=False, help_text="More files than are indexed")

    def __str__(self) -> str:
        return f"{self.repository_id} at {self.commit[:10]}"
