"""Issues: the page of one, and opening a new one, empty or from a template of the repository."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.levels import Level
from collab.access import check_talk
from collab.issue_templates import Template, answered
from collab.models import Kind
from collab.selectors.conversation import conversation
from collab.selectors.finding import find_topic
from collab.selectors.issue_boards import boards_with
from collab.selectors.issue_templates import templates_of
from collab.selectors.labels import labels_by_key, labels_named
from collab.selectors.milestones import find_milestone
from collab.selectors.people import members, people_named
from collab.selectors.sorting import choices
from collab.services.issues import open_issue
from collab.text import render_text
from collab.views.side import day_of, keys_of, people_by_key, side_context
from hub.lib.errors import Conflict, Forbidden, HubError, Invalid, NotFound
from repos.access import level_for
from repos.models import Repository
from repos.views.frame import READING, actor_of, draw, repo_page

LONGEST_PREFILL = 20_000


@repo_page()
def issue(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """What was said on an issue and what it is sorted by; other topics have other addresses."""
    topic = find_topic(repo, number)
    if topic.kind != Kind.ISSUE:
        return redirect(topic.get_absolute_url())
    comment, shown = (_number(request, name) for name in ("comment", "shown"))
    context = {
        "talk": conversation(topic, actor_of(request), shown=shown or 0, show=comment),
        "cards": boards_with(topic),
        **side_context(request, topic),
    }
    return draw(request, repo, "collab/issue.html", context, active="issues")


def _number(request: HttpRequest, name: str) -> int | None:
    word = request.GET.get(name, "")
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 18 else None


@dataclass(slots=True)
class _Draft:
    """A new issue as it stands in the form."""

    title: str = ""
    body: str = ""
    labels: list[int] = field(default_factory=list)
    assignees: list[int] = field(default_factory=list)
    milestone: int = 0
    due_on: str = ""


@repo_page(*READING, "POST")
def new(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Choose a template, write, and open an issue; `?title=&body=&labels=` fill the form."""
    actor = actor_of(request)
    check_talk(actor, repo)
    found = templates_of(repo)
    key = (request.POST if request.method == "POST" else request.GET).get("template", "")[:200]
    template = found.named(key)
    if key and template is None:
        raise NotFound(f"There is no template {key} on {repo.default_branch}.", next_step="Choose one of those there.")
    if request.method == "POST":
        return _open(request, repo, template)
    may_sort = level_for(actor, repo) >= Level.WRITE
    begins_blank = any(word in request.GET for word in ("blank", "title", "body"))
    if template is None and begins_blank and not (found.config.allows_blank or may_sort or not found.usable):
        raise Forbidden("Issues here begin with a template.", next_step="Choose one on the page before.")
    if template is None and not begins_blank and (found.usable or found.config.links):
        context = {"templates": found, "may_blank": found.config.allows_blank or may_sort, "may_sort": may_sort}
        return draw(request, repo, "collab/issue_choice.html", context, active="issues")
    return _form(request, repo, template, _prefilled(request, repo, template, may_sort=may_sort))


def _prefilled(request: HttpRequest, repo: Repository, template: Template | None, *, may_sort: bool) -> _Draft:
    asked = request.GET
    draft = _Draft(title=template.title, body=template.body) if template else _Draft()
    draft.title = asked.get("title", draft.title)[:255]
    draft.body = asked.get("body", draft.body)[:LONGEST_PREFILL].replace("\0", "")
    if may_sort:
        words = [*(template.labels if template else ()), *asked.get("labels", "")[:1000].split(",")]
        draft.labels = [label.pk for label in labels_named(repo, words)]
        people = [*(template.assignees if template else ()), *asked.get("assignees", "")[:1000].split(",")]
        draft.assignees = [user.pk for user in people_named(people)]
        draft.milestone = _number(request, "milestone") or 0
    return draft


def _open(request: HttpRequest, repo: Repository, template: Template | None) -> HttpResponseBase:
    actor, draft = actor_of(request), _Draft(title=request.POST.get("title", ""), body=request.POST.get("body", ""))
    may_sort = level_for(actor, repo) >= Level.WRITE
    answers = answered(template, dict(request.POST.lists())) if template and template.fields else None
    try:
        if answers is not None and answers.faults:
            raise Invalid("Some questions have no answer yet.", next_step="They are marked below.")
        sorted_by = _chosen(request, repo, draft) if may_sort else _of_template(repo, template)
        body = answers.body if answers is not None else draft.body
        topic = open_issue(actor=actor, repository=repo, title=draft.title, body=body, **sorted_by)
    except (Invalid, Conflict, NotFound) as error:
        return _form(request, repo, template, draft, error=error, faults=answers.faults if answers else {})
    return redirect(topic)


def _chosen(request: HttpRequest, repo: Repository, draft: _Draft) -> dict[str, Any]:
    draft.labels, draft.assignees = keys_of(request, "label"), keys_of(request, "assignee")
    draft.due_on = request.POST.get("due_on", "")
    draft.milestone = next(iter(keys_of(request, "milestone")), 0)
    return {
        "labels": labels_by_key(repo, draft.labels),
        "assignees": people_by_key(draft.assignees),
        "milestone": find_milestone(repo, draft.milestone) if draft.milestone else None,
        "due_on": day_of(draft.due_on),
    }


def _of_template(repo: Repository, template: Template | None) -> dict[str, Any]:
    """What the template gives: people who may not sort get this, as its writers may."""
    if template is None:
        return {}
    people = people_named(template.assignees)
    able = set(members(repo).filter(pk__in=[user.pk for user in people]).values_list("pk", flat=True))
    return {
        "labels": labels_named(repo, list(template.labels)),
        "assignees": [user for user in people if user.pk in able],
        "by_template": True,
    }


def _form(
    request: HttpRequest,
    repo: Repository,
    template: Template | None,
    draft: _Draft,
    *,
    error: HubError | None = None,
    faults: dict[str, str] | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    may_sort = level_for(actor, repo) >= Level.WRITE
    asked = request.POST if request.method == "POST" else request.GET
    context = {
        "template": template,
        "draft": draft,
        "error": error,
        "questions": [
            {
                "field": each,
                "html": render_text(each.value, repository=repo, actor=actor) if each.kind == "markdown" else "",
                "about": render_text(each.about, repository=repo, actor=actor) if each.about else "",
                "value": asked.get(each.name, each.value),
                "values": asked.getlist(each.name) or ([each.value] if each.value else []),
                "fault": (faults or {}).get(each.key, ""),
            }
            for each in (template.fields if template else ())
        ],
        "may_sort": may_sort,
        "choices": choices(repo) if may_sort else None,
        "here": reverse("collab:new_issue", args=[repo.owner.slug, repo.name]),
    }
    return draw(request, repo, "collab/issue_new.html", context, active="issues", status=error.status if error else 200)
