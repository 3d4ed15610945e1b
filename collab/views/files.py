"""Files changed: what a pull request, one of its commits or what came since a version changes, a batch at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from accounts.levels import Level
from collab.models import PullRequest, Review, Thread
from collab.selectors.conversation import TalkThread
from collab.selectors.pull_runs import readable_homes
from collab.selectors.review import (
    BATCH,
    ChangedFile,
    Span,
    changes_of,
    files_of,
    span_of,
    spans_of,
    viewed_by,
    viewed_count,
)
from collab.selectors.threads_of_change import FileTalk, open_threads, talk_by_file, thread_counts
from collab.services.places import text_lines
from collab.views.file_tree import tree_of
from collab.views.pull_frame import draw_pull, pull_page
from hub.lib.errors import NotFound
from hub.lib.http import wants_part
from repos.access import level_for
from repos.git.diffs import EMPTY_TREE, FileChange
from repos.models import Repository
from repos.paths import git_dir
from repos.views.diffs import context_of, ignores_space, is_split, laid_over
from repos.views.frame import actor_of

EMPTY = "empty"
_place = re.compile(r"([0-9]{1,6})([LRF])(?:([0-9]{1,7})(?:-([0-9]{1,7}))?)?", re.ASCII)
SIDES = {"L": "old", "R": "new"}


@dataclass(frozen=True, slots=True)
class Say:
    """Where a comment is about to be written: a file by its index, a side, and a span of lines (0: the whole file)."""

    index: int
    side: str
    start: int
    line: int

    @property
    def text(self) -> str:
        """As addresses say it."""
        letter = {"old": "L", "new": "R"}.get(self.side, "F")
        lines = f"{self.start}-{self.line}" if self.start != self.line else f"{self.line}"
        return f"{self.index}{letter}{lines if self.line else ''}"


def say_of(word: str) -> Say | None:
    """`3R12`, `3L10-12` or `3F` as a place; None for anything else."""
    match = _place.fullmatch(word)
    if match is None or (match[2] == "F") == bool(match[3]):
        return None
    first, last = sorted((int(match[3] or 0), int(match[4] or match[3] or 0)))
    return Say(int(match[1]), SIDES.get(match[2], ""), first, last)


@dataclass(frozen=True, slots=True)
class FileView:
    """A changed file as the page draws it: what stands below lines, and what stands above and below all of them."""

    file: ChangedFile
    below: dict[tuple[str, int], SafeString]
    whole: SafeString
    others: SafeString
    talk: str
    context_url: str
    count: int

    @property
    def change(self) -> FileChange:
        """Its change."""
        return self.file.change


@pull_page()
def files(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """The files that differ, the first batch with lines; others by `page`, one in full by `only`."""
    span = span_from(request, pull)
    changes = changes_of(pull, span)
    only, say = _number(request.GET.get("only", "")), say_of(request.GET.get("comment", ""))
    if say is not None and wants_part(request):
        return _say_part(request, repo, pull, span, changes, say)
    numbered = _batch(request, changes, only, say)
    viewed = viewed_by(pull, actor_of(request))
    space = ignores_space(request)
    unfolded = say.index if say else 0
    found = files_of(pull, span, numbered, viewed, ignore_space=space, in_full=bool(only), unfolded=unfolded)
    context = base_context(request, repo, pull, span)
    context["files"] = _views(request, repo, pull, span, found, context, say)
    # Data that a fork wants to bring lies in the fork until it is merged.
    request.data_also = readable_homes(pull, actor_of(request))[1:]  # type: ignore[attr-defined]
    context["laid"] = laid_over(request, repo, span.old, span.new, [each.change for each in found if not each.fold])
    context |= {"in_full": bool(only), "only": only, **_next(changes, numbered, only)}
    if wants_part(request):
        part = "collab/_file.html" if only else "collab/_files.html"
        return render(request, part, {**context, "view": context["files"][0] if context["files"] else None})
    return draw_pull(
        request,
        repo,
        pull,
        "collab/files.html",
        {**context, **_around(request, pull, span, changes, viewed)},
        active="files",
    )


@pull_page()
def file_context(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """Lines between the hunks of a file, to be read and talked about."""
    span = span_from(request, pull)
    index = _number(request.GET.get("file", "")) or 0
    context = {"repo": repo, **context_of(request, repo, span.new)}
    base = base_context(request, repo, pull, span)
    context["context_url"] = _context_address(base, index, request.GET.get("path", ""))
    context["talk"] = _talk_address(base, index) if index else ""
    return render(request, "repos/_diff_rows.html", context)


@pull_page()
def file_list(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """The list of changed files, narrowed by the words in `q`."""
    span = span_from(request, pull)
    context = base_context(request, repo, pull, span)
    changes, viewed = changes_of(pull, span), viewed_by(pull, actor_of(request))
    context["tree"] = tree_of(changes, viewed, thread_counts(pull, actor_of(request)), request.GET.get("q", ""))
    if wants_part(request):
        return render(request, "collab/_file_tree.html", {**context, "pull": pull})
    return draw_pull(request, repo, pull, "collab/file_list.html", context, active="files")


def span_from(request: HttpRequest, pull: PullRequest) -> Span:
    """What the address asks to see."""
    words = {word: request.GET.get(word, "") for word in ("commit", "since", "until")}
    return span_of(pull, **words)


def base_context(request: HttpRequest, repo: Repository, pull: PullRequest, span: Span) -> dict[str, Any]:
    """What every part of the page needs: who may talk, and how addresses of this view begin."""
    actor = actor_of(request)
    query = {**span.query, **({"w": "1"} if ignores_space(request) else {})}
    if request.GET.get("diff") in {"split", "unified"}:
        query["diff"] = request.GET["diff"]
    here = f"{pull.topic.get_absolute_url()}/files"
    split = is_split(request)
    level = level_for(actor, repo)
    talks = actor.user is not None and (not pull.topic.is_locked or level >= Level.WRITE)
    told = f"{urlencode(query)}&" if query else ""
    return {
        "repo": repo,
        "pull": pull,
        "topic": pull.topic,
        "span": span,
        "here": here,
        "query": told,
        "split": split,
        "ignore_space": ignores_space(request),
        "may_talk": talks and actor.ceiling(repo.pk) >= Level.WRITE,
        "is_signed_in": actor.user is not None,
        "old": EMPTY if span.old == EMPTY_TREE else span.old,
        "new": span.new,
    }


def _batch(
    request: HttpRequest, changes: Sequence[FileChange], only: int | None, say: Say | None
) -> list[tuple[int, FileChange]]:
    if only is not None:
        if not 1 <= only <= len(changes):
            raise NotFound("There is no such file in this change.")
        return [(only, changes[only - 1])]
    page = (say.index - 1) // BATCH + 1 if say else max(1, _number(request.GET.get("page", "")) or 1)
    start = (page - 1) * BATCH
    return list(enumerate(changes, 1))[start : start + BATCH]


def _next(
    changes: Sequence[FileChange], numbered: Sequence[tuple[int, FileChange]], only: int | None
) -> dict[str, Any]:
    last = numbered[-1][0] if numbered else 0
    left = 0 if only else len(changes) - last
    first = numbered[0][0] if numbered else 1
    page = (first - 1) // BATCH + 1
    return {
        "left": left,
        "next_page": page + 1 if left and numbered else None,
        "next_count": min(BATCH, left),
        "before": first - 1 if not only else 0,
        "page": page,
        "total": len(changes),
    }


def _around(
    request: HttpRequest, pull: PullRequest, span: Span, changes: Sequence[FileChange], viewed: dict[str, str]
) -> dict[str, Any]:
    """What stands round the files: the list of them, the menu of spans, open threads, one's own review."""
    actor = actor_of(request)
    open_, count = open_threads(pull, actor)
    pages = {each.path_text: (index - 1) // BATCH + 1 for index, each in enumerate(changes, 1)}
    pending = Review.objects.filter(pull=pull, author=actor.user, state=Review.State.PENDING) if actor.user else None
    return {
        "tree": tree_of(changes, viewed if span.is_whole else {}, thread_counts(pull, actor), ""),
        "spans": spans_of(pull, actor),
        "open_threads": [
            {
                "thread": each.thread,
                "line": each.line,
                "words": each.words,
                "url": _thread_address(pull, each.thread, pages),
            }
            for each in open_
        ],
        "open_count": count,
        "viewed": viewed_count(changes, viewed),
        "pending": pending.prefetch_related("comments").first() if pending is not None else None,
        "is_own": actor.user is not None and actor.user.pk == pull.topic.author_id,
    }


def _thread_address(pull: PullRequest, thread: Thread, pages: dict[str, int]) -> str:
    """Where a thread is to be read: in its file, or, when its lines have gone, in the conversation."""
    here = pull.topic.get_absolute_url()
    if thread.is_outdated or thread.key not in pages:
        return f"{here}#thread-{thread.pk}"
    return f"{here}/files?page={pages[thread.key]}#thread-{thread.pk}"


def _views(
    request: HttpRequest, repo: Repository, pull: PullRequest, span: Span, found: Sequence[ChangedFile],
    base: dict[str, Any], say: Say | None,
) -> list[FileView]:  # fmt: skip
    paths = [each.change.path_text for each in found]
    talks = talk_by_file(pull, actor_of(request), paths, old=span.old, new=span.new) if paths else {}
    views = []
    for each in found:
        talk = talks.get(each.change.path_text) or FileTalk()
        view = _view(request, repo, each, talk, base)
        if say is not None and say.index == each.index and base["may_talk"]:
            view = _with_form(view, say, _say_html(request, repo, pull, span, each.change, say))
        views.append(view)
    return views


def _view(request: HttpRequest, repo: Repository, file: ChangedFile, talk: FileTalk, base: dict[str, Any]) -> FileView:
    shown = _shown(file.change)
    below = {at: _drawn(request, repo, some) for at, some in talk.lines.items() if at in shown}
    rest = [each for at, some in talk.lines.items() if at not in shown for each in some]
    return FileView(
        file,
        below,
        _drawn(request, repo, talk.whole),
        _drawn(request, repo, [*rest, *talk.others], where=True),
        _talk_address(base, file.index),
        _context_address(base, file.index, file.change.path_text),
        talk.count,
    )


def _shown(change: FileChange) -> set[tuple[str, int | None]]:
    """The lines that stand in the hunks of a file."""
    lines = [line for hunk in change.hunks or () for line in hunk.lines]
    return {("old", line.old) for line in lines} | {("new", line.new) for line in lines}


def _talk_address(base: dict[str, Any], index: int) -> str:
    """The address of a box for a comment on a file, up to side and lines; "" for who may not talk."""
    return f"?{base['query']}comment={index}" if base["may_talk"] else ""


def _context_address(base: dict[str, Any], index: int, path: str) -> str:
    query = {**base["span"].query, "file": index, "path": path, **({"diff": "split"} if base["split"] else {})}
    return f"{base['here']}/context?{urlencode(query)}"


def _with_form(view: FileView, say: Say, form: SafeString) -> FileView:
    key = (say.side, say.line)
    if not say.line:
        return replace(view, whole=_joined(view.whole, form))
    if key not in _shown(view.change):
        return replace(view, others=_joined(view.others, form))
    return replace(view, below={**view.below, key: _joined(view.below.get(key, SafeString("")), form)})


def _drawn(request: HttpRequest, repo: Repository, talks: Sequence[TalkThread], *, where: bool = False) -> SafeString:
    parts = [
        render_to_string("collab/_thread.html", {"talk": each, "repo": repo, "where": where}, request) for each in talks
    ]
    return _joined(*parts)


def _joined(*parts: str) -> SafeString:
    # SECURITY: every part was drawn by a template, which escapes.
    return mark_safe("".join(parts))  # noqa: S308


def _say_part(
    request: HttpRequest, repo: Repository, pull: PullRequest, span: Span, changes: Sequence[FileChange], say: Say
) -> HttpResponseBase:
    if not 1 <= say.index <= len(changes):
        raise NotFound("There is no such file in this change.")
    html = _say_html(request, repo, pull, span, changes[say.index - 1], say)
    return render(request, "collab/_html.html", {"html": html})


def _say_html(
    request: HttpRequest, repo: Repository, pull: PullRequest, span: Span, change: FileChange, say: Say
) -> SafeString:
    context = base_context(request, repo, pull, span) | say_context(request, pull, span, change, say)
    return render_to_string("collab/_say.html", context, request)


def say_context(request: HttpRequest, pull: PullRequest, span: Span, change: FileChange, say: Say) -> dict[str, Any]:
    """What a box for a comment needs: the lines it is about, and whether a review waits."""
    user = actor_of(request).user
    lines = None
    if say.side == "new" and change.status != "deleted":
        text = text_lines(git_dir(pull.repository), span.new, change.new_path)[say.start - 1 : say.line]
        lines = "".join(text).encode("utf-8", "surrogateescape").decode("utf-8", "replace") if text else None
    return {
        "say": say,
        "change": change,
        "has_pending": user is not None
        and Review.objects.filter(pull=pull, author=user, state=Review.State.PENDING).exists(),
        "lines": lines,
        "draft": f"{pull.topic.number}:{change.path_text}:{say.text}",
    }


def _number(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) < 8 else None
