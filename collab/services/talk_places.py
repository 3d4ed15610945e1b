"""Begins talk about a thing of a repository: a file or lines of it, a run, a model's version, a stored object."""

from __future__ import annotations

from accounts.actor import Actor
from collab.models import Thread
from collab.services.comments import begin_thread
from collab.talk_places import excerpt_of, parse_place
from hub.lib.errors import Invalid
from repos.models import Repository
from repos.subjects import start_of, subject_of


def begin_talk(
    *, actor: Actor, repository: Repository, kind: str, key: str, where: str, body: str, ref: str = ""
) -> Thread:
    """Begin to talk about a thing (`kind` of repos.subjects, `key`) at `where`, as collab.talk_places reads it.

    `ref` is what the writer saw of a file. Raises NotFound, Invalid, Unauthenticated, Forbidden.
    """
    subject = subject_of(kind)
    place = parse_place(where, subject.wheres)
    start = start_of(repository, subject, key, ref)
    if "line" in place and not start.lines:
        raise Invalid("This file has no lines of text to talk about.", field="where", next_step="Leave it empty.")
    return begin_thread(
        actor=actor,
        repository=repository,
        subject=kind,
        key=key,
        place=place,
        body=body,
        commit=start.commit,
        excerpt=excerpt_of(place, start.lines),
    )
