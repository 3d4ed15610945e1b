"""Turns rows of Activity into sentences for the feed, and runs into rows with an address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from django.urls import reverse

from collab.verbs import VERBS
from repos.models import Activity
from tracking.models import Run

_ICONS = {
    **{verb: known.icon for verb, known in VERBS.items()},
    "created repository": "book",
    "created branch": "git-branch",
    "deleted branch": "git-branch",
    "pushed": "git-commit-horizontal",
    "changed default branch": "git-branch",
    "created experiment": "flask-conical",
    "created tag": "tag",
    "deleted tag": "tag",
    "moved tag": "tag",
    "let in": "user-plus",
    "removed": "user-minus",
    "let in team": "users",
    "removed team": "users",
    "protected branch": "shield",
    "unprotected branch": "shield",
    "changed visibility": "eye",
    "moved repository": "arrow-right-left",
    "registered model": "box",
    "created prompt": "message-square-text",
    "registered version": "layers",
    "renamed model": "pencil",
    "set alias": "at-sign",
    "removed alias": "at-sign",
    "changed stage": "milestone",
    "deleted version": "trash-2",
    "deleted model": "trash-2",
    "deleted prompt": "trash-2",
    "set promotion rule": "shield",
    "removed promotion rule": "shield",
    "asked for promotion": "circle-dot",
    "approved promotion": "circle-check",
    "refused promotion": "circle-x",
    "withdrew promotion": "undo-2",
    "checked gates": "gauge",
    "promoted version": "rocket",
    "overrode promotion rule": "shield-alert",
    "tried prompt": "play",
    "added endpoint": "server",
    "changed endpoint": "server",
    "removed endpoint": "server",
}


# How what happened to models reads before its subject, where the verb alone does not.
_WORDS = {"from": "", "to": ""}
_OF_MODELS = {
    "changed stage": "changed the stage to {to} of",
    "renamed model": "renamed {from} to",
    "set promotion rule": "set the rule of promotion for",
    "removed promotion rule": "removed the rule of promotion for",
    "asked for promotion": "asked to promote",
    "approved promotion": "approved promoting",
    "refused promotion": "refused to promote",
    "withdrew promotion": "withdrew the request to promote",
    "checked gates": "checked the gates again for",
    "promoted version": "promoted",
    "overrode promotion rule": "overrode the rule to promote",
}


_OF_TALK = {
    "requested review": "asked for a review of",
    "withdrew review request": "no longer asks for a review of",
    "requested changes": "requested changes of",
    "dismissed review": "dismissed a review of",
    "began talk": "began to talk about",
    "talked": "talked about",
    "marked pull request ready": "marked as ready pull request",
    "made pull request a draft": "made a draft of pull request",
}


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One sentence: who did (words) what (subject) in which repository, and when; `number` names the row for ever."""

    icon: str
    who: str
    words: str
    subject: str
    repository: str
    url: str
    when: datetime
    number: int
    # The page of the subject, "" where it has none.
    subject_url: str = ""


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run and the address of its page."""

    run: Run
    url: str


def run_lines(rows: Iterable[Run]) -> list[RunLine]:
    """A line for each run, in the same order."""
    return [RunLine(run, _run_url(run)) for run in rows]


def _run_url(run: Run) -> str:
    repository = run.repository
    where = {"owner": repository.owner.slug, "name": repository.name, "number": run.experiment.number}
    return reverse("tracking:run", kwargs={**where, "run": run.uuid})


def feed_lines(rows: Iterable[Activity]) -> list[FeedLine]:
    """A line for each row, in the same order; rows whose repository is gone are left out."""
    return [_line(row) for row in rows if row.repository is not None]


def _line(row: Activity) -> FeedLine:
    repository = row.repository
    assert repository is not None
    words, subject = _sentence(row, repository.full_name)
    return FeedLine(
        icon=_ICONS.get(row.verb, "activity"),
        who=row.user.username if row.user else "",
        words=words,
        subject=subject,
        repository=repository.full_name,
        url=repository.get_absolute_url(),
        when=row.created_at,
        number=row.pk,
        subject_url=_subject_url(row, repository.get_absolute_url()),
    )


_FOLDERS = {"issue": "issues", "pull": "pulls", "discussion": "discussions"}


def _subject_url(row: Activity, base: str) -> str:
    """Where what a row is about has its page."""
    data = row.data
    number, kind, thread = data.get("number"), data.get("kind"), data.get("thread")
    if row.verb.startswith("deleted"):
        return ""
    if row.verb in VERBS and isinstance(number, int) and kind in _FOLDERS:
        comment = data.get("comment")
        return f"{base}/{_FOLDERS[kind]}/{number}" + (f"#comment-{comment}" if isinstance(comment, int) else "")
    if row.verb in VERBS and isinstance(thread, int):
        return f"{base}/threads/{thread}"
    if "ref" in data and row.verb in ("pushed", "created branch"):
        return f"{base}/commits/{quote(row.subject)}"
    return ""


def _sentence(row: Activity, full_name: str) -> tuple[str, str]:
    """The verb as it reads before its subject; the repository is not named twice."""
    if row.verb == "pushed":
        return _pushed(row.data), row.subject
    if row.verb == "changed visibility":
        return "changed visibility to", str(row.data.get("to", ""))
    if row.verb in _OF_TALK:
        return _OF_TALK[row.verb], row.subject
    if row.verb in _OF_MODELS:
        return _OF_MODELS[row.verb].format(**_WORDS | row.data), row.subject
    return row.verb, "" if row.subject == full_name else row.subject


def _pushed(data: dict[str, object]) -> str:
    commits = data.get("commits")
    if not isinstance(commits, int) or commits < 1:
        return "pushed to" if "ref" in data else "pushed"
    count = f"{commits} commit{'s' if commits > 1 else ''}"
    return f"force-pushed {count} to" if data.get("forced") else f"pushed {count} to"
