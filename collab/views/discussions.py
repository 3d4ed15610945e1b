"""Pages of discussions: the list, one of them, a new one."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.dateparse import parse_date

from accounts.levels import Level
from collab.models import Category, Comment, Kind, Topic
from collab.selectors.conversation import FIRST, conversation
from collab.selectors.discussions import (
    SORTS,
    Wanted,
    categories_of,
    discussion_of,
    discussions_page,
    pinned_discussions,
    shown_poll,
)
from collab.selectors.finding import find_comment, find_topic
from collab.services.discussions import NewPoll, open_discussion
from collab.text import render_text
from collab.views.side import side_context
from collab.views.talk_frame import home_of, shown_of, whole
from hub.lib.errors import HubError, Invalid, Unauthenticated
from repos.access import level_for
from repos.models import Repository
from repos.views.frame import READING, actor_of, draw, repo_page

TAB = "discussions"


@repo_page()
def discussions(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """The list, by category, answered or not, in the order that was asked for."""
    wanted, categories = _wanted(request), categories_of(repo)
    category = next((each for each in categories if each.slug == wanted.category), None)
    if wanted.category and category is None:
        raise Invalid("There is no such category.", next_step="Choose one of the list.")
    page = discussions_page(repo, wanted, whole(request.GET.get("page")) or 1)
    plain = wanted == Wanted(category=wanted.category)
    context = {
        "wanted": wanted, "categories": categories, "category": category, "page_of": page, "sorts": SORTS,
        "pinned": pinned_discussions(repo) if wanted == Wanted() and page.number == 1 else [],
        "here": home_of(repo, TAB), "is_plain": plain, "may_begin": not actor_of(request).is_anonymous,
    }  # fmt: skip
    return draw(request, repo, "collab/discussions.html", context, active=TAB)


def _wanted(request: HttpRequest) -> Wanted:
    get = request.GET
    wanted = Wanted(
        category=get.get("category", "")[:60],
        answered=get.get("answered", ""),
        state=get.get("state", "open").replace("all", ""),
        sort=get.get("sort", "updated"),
        words=get.get("q", "").replace("\0", "")[:200].strip(),
    )
    if wanted.answered not in ("", "yes", "no") or wanted.state not in ("", "open", "closed"):
        raise Invalid("There is no such filter.", next_step="Choose one of the list.")
    if wanted.sort not in SORTS:
        raise Invalid("There is no such order.", field="sort", next_step="Choose one of the list.")
    return wanted


@repo_page()
def discussion(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """A discussion with everything said; the number of an issue or pull request leads to its own page."""
    topic, actor = find_topic(repo, number), actor_of(request)
    if topic.kind != Kind.DISCUSSION:
        return redirect(topic)
    row = discussion_of(topic)
    topic.discussion = row
    talk = conversation(topic, actor, shown=shown_of(request, FIRST), show=whole(request.GET.get("comment")))
    answer = row.answer if row.answer is not None and not row.answer.hidden_reason else None
    context = {
        "topic": topic, "discussion": row, "talk": talk, "poll": shown_poll(topic, actor),
        "answer": answer, "answer_html": render_text(answer.body, repository=repo, actor=actor) if answer else "",
        "categories": _targets(repo, row.category) if talk.may_close else [],
        "here": home_of(repo, TAB, topic.number),
        **side_context(request, topic),
    }  # fmt: skip
    return draw(request, repo, "collab/discussion.html", context, active=TAB)


def _targets(repo: Repository, category: Category) -> list[Category]:
    """Where a discussion of a category may be moved."""
    polls = category.format == Category.Format.POLL
    return [each for each in categories_of(repo) if (each.format == Category.Format.POLL) == polls]


@repo_page("GET", "HEAD", "POST")
def new(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Choose a category, write, begin."""
    actor = actor_of(request)
    if actor.is_anonymous:
        raise Unauthenticated("Sign in to begin a discussion.")
    categories = categories_of(repo)
    sent = request.POST if request.method == "POST" else request.GET
    slug = sent.get("category", "")
    category = next((each for each in categories if each.slug == slug), None)
    writes = level_for(actor, repo) >= Level.WRITE
    if request.method in READING:
        return _form(request, repo, categories, category, writes, sent)
    try:
        poll = _poll(request) if category is not None and category.format == Category.Format.POLL else None
        topic = open_discussion(
            actor=actor, repository=repo, category=slug, title=sent.get("title", ""), body=sent.get("body", ""),
            poll=poll,
        )  # fmt: skip
    except HubError as error:
        return _form(request, repo, categories, category, writes, sent, error)
    return redirect(topic)


def _form(
    request: HttpRequest, repo: Repository, categories: list[Category], category: Category | None, writes: bool,
    sent: Any, error: HubError | None = None,
) -> HttpResponse:  # fmt: skip
    allowed = [each for each in categories if writes or each.format != Category.Format.ANNOUNCEMENT]
    context = {
        "categories": allowed, "category": category if category in allowed or error else None, "error": error,
        "title": sent.get("title", ""), "value": sent.get("body", ""), "question": sent.get("question", ""),
        "options": sent.get("options", ""), "is_multiple": bool(sent.get("is_multiple")),
        "ends_on": sent.get("ends_on", ""), "here": home_of(repo, TAB, "new"), "list": home_of(repo, TAB),
    }  # fmt: skip
    status = error.status if error else 200
    return draw(request, repo, "collab/discussion_new.html", context, active=TAB, status=status)


def _poll(request: HttpRequest) -> NewPoll:
    word = request.POST.get("ends_on", "").strip()
    try:
        day = parse_date(word) if word else None
    except ValueError:
        day = None
    if word and (day is None or not 2000 <= day.year <= 2100):
        raise Invalid("This is no day.", field="ends_at", next_step="Write it as 2026-12-31.")
    # The whole of the last day counts, in UTC as all times here.
    ends = dt.datetime.combine(day, dt.time(23, 59, 59), dt.UTC) if day else None
    options = request.POST.get("options", "").splitlines()[:100]
    return NewPoll(request.POST.get("question", ""), options, bool(request.POST.get("is_multiple")), ends)


def find_discussion(repo: Repository, number: int) -> Topic:
    """A topic that is a discussion; raises Invalid for others."""
    topic = find_topic(repo, number)
    if topic.kind != Kind.DISCUSSION:
        raise Invalid(f"#{number} is no discussion.")
    return topic


def comment_sent(request: HttpRequest, repo: Repository) -> Comment | None:
    """The comment that a form names, None for ""; raises Invalid, NotFound."""
    word = request.POST.get("comment", "")
    if not word:
        return None
    number = whole(word)
    if number is None:
        raise Invalid("There is no such comment.", field="comment")
    return find_comment(repo, number, actor_of(request))
