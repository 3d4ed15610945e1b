"""Dropping the DVC objects that no commit needs: what that would be, the confirmation, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import Conflict
from jobs.models import Job
from repos.models import Activity, Repository
from repos.views.frame import actor_of, draw, repo_page
from storage.blobs import BlobMissing
from storage.models import StoredObject
from storage.services.dvc_collection import DROPPED, GRACE, TASK, ask_for_collection, find_unneeded

MOST_NAMED = 50


@dataclass(frozen=True, slots=True)
class Collecting:
    """How the last collection stands; `sums` are what it dropped, once it is done."""

    job: Job
    sums: dict[str, Any] | None

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.job.state in (Job.State.WAITING, Job.State.RUNNING)


@repo_page("GET", "HEAD", "POST", needs=Level.ADMIN)
def collection(request: HttpRequest, repo: Repository) -> HttpResponse:
    """Which objects no commit needs, counted and named; a POST has a worker drop what they are by then."""
    if request.method == "POST":
        ask_for_collection(actor=actor_of(request), repository=repo)
        messages.success(request, "A worker looks through the commits and drops what none of them needs.")
        return redirect("storage:usage", repo.owner.slug, repo.name)
    try:
        found = find_unneeded(repository=repo)
    except BlobMissing as error:
        raise Conflict(
            "The list of a directory that a commit names cannot be read, so that nobody knows what it needs.",
            next_step="An administrator of the hub brings it back from a backup; nothing is dropped until then.",
        ) from error
    first = [*found.lists, *found.files][:MOST_NAMED]
    named = StoredObject.objects.filter(pk__in=first).order_by("key").values("key", "size", "updated_at")
    context = {"found": found, "named": named, "days": GRACE.days, "more": found.count - len(first)}
    return draw(request, repo, "storage/collection.html", context, active="data")


def last_collection(repository: Repository) -> Collecting | None:
    """The last one asked for, as long as its job is remembered: a week after it is done."""
    job = Job.objects.filter(task=TASK, object_id=repository.pk).order_by("-pk").first()
    if job is None:
        return None
    done = None
    if job.state == Job.State.DONE:
        done = Activity.objects.filter(repository=repository, verb=DROPPED).order_by("-pk").first()
    return Collecting(job, done.data if done else None)
