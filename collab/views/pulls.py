"""Pages of a pull request: its conversation with the box that merges it, and its commits."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from collab.models import PullRequest
from collab.selectors.conversation import conversation
from collab.selectors.merge_box import merge_box, reviewers_of
from collab.views.pull_frame import draw_pull, pull_page
from collab.views.side import side_context
from hub.lib.http import wants_part
from repos.git import history
from repos.models import Repository
from repos.paths import git_dir
from repos.selectors.refs import refs_menu
from repos.selectors.statuses import checks_of
from repos.views.frame import actor_of, draw

MOST_COMMITS = 250


@pull_page()
def pull(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """What was said and done, how it stands, and what it is sorted by."""
    comment, shown = (_number(request, name) for name in ("comment", "shown"))
    context = {
        "talk": conversation(pull.topic, actor_of(request), shown=shown or 0, show=comment),
        **box_context(request, pull),
        **side_context(request, pull.topic),
    }
    return draw_pull(request, repo, pull, "collab/pull.html", context, active="conversation")


def box_context(request: HttpRequest, pull: PullRequest) -> dict[str, Any]:
    """What the merge box and the panel of reviewers need beside repo, pull and topic."""
    actor = actor_of(request)
    box = merge_box(pull, actor)
    menu = refs_menu(pull.repository, pull.base_branch) if box.can_change and pull.topic.is_open else None
    return {
        "merge": box,
        "stands": box.stands,
        "reviewers": reviewers_of(pull, actor, box.stands.verdicts),
        "branches": menu.branches if menu else [],
        "is_author": actor.user_id is not None and actor.user_id == pull.topic.author_id,
        "box": "collab/_merge_box.html",
    }


@pull_page()
def box(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """The merge box alone, asked for while something is still going on; once it is over, the whole page is."""
    if wants_part(request) and not pull.topic.is_open:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"pull": pull, "topic": pull.topic, **box_context(request, pull)}
    return draw(request, repo, "collab/merge_box.html", context, part="collab/_merge_box.html", active="pulls")


@pull_page()
def commits(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """The commits that it brings, oldest first, with their checks."""
    span = f"{pull.base_commit}..{pull.head_commit}"
    found = history.log(git_dir(repo), span, limit=MOST_COMMITS)[::-1]
    context = {
        "commits": found,
        "hidden": max(0, pull.commits_count - len(found)),
        "checks": checks_of(repo, [commit.id for commit in found]),
    }
    return draw_pull(request, repo, pull, "collab/pull_commits.html", context, active="commits")


def _number(request: HttpRequest, name: str) -> int | None:
    word = request.GET.get(name, "")
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 18 else None
