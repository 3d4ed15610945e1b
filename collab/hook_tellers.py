"""What this room tells webhooks: issues, pull requests, reviews, discussions and talk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from collab.models import Comment, Kind, PullRequest, Review, Thread, Topic, TopicQuerySet
from collab.records import comment_record, issue_record, pull_record, review_record, thread_record, topic_record
from collab.verbs import VERBS
from hub.lib.render.markdown import render_plain_summary
from repos import hook_events
from repos.hook_events import HookEvent, Telling
from repos.models import Activity
from repos.records import person_record, repository_record

ISSUES, PULLS, TALK = "Issues", "Pull requests", "Discussions and talk"
EVENTS = (
    HookEvent("issues", "Issues", "Opened, edited, closed, reopened, deleted.", ISSUES),
    HookEvent("issue_assign", "Issue assigned", "Somebody is assigned or unassigned.", ISSUES),
    HookEvent("issue_label", "Issue labelled", "Labels are set or taken off.", ISSUES),
    HookEvent("issue_milestone", "Issue milestoned", "A milestone is set or taken off.", ISSUES),
    HookEvent("issue_comment", "Issue commented", "Somebody comments on an issue.", ISSUES),
    HookEvent("pull_request", "Pull requests", "Opened, edited, closed, merged, reopened, ready.", PULLS),
    HookEvent("pull_request_sync", "Pull request pushed to", "Its branch has new commits.", PULLS),
    HookEvent("pull_request_assign", "Pull request assigned", "Somebody is assigned or unassigned.", PULLS),
    HookEvent("pull_request_label", "Pull request labelled", "Labels are set or taken off.", PULLS),
    HookEvent("pull_request_milestone", "Pull request milestoned", "A milestone is set or taken off.", PULLS),
    HookEvent("pull_request_review_request", "Review asked for", "Somebody is asked for a review.", PULLS),
    HookEvent("pull_request_review", "Pull request reviewed", "Approved, changes requested, commented.", PULLS),
    HookEvent("pull_request_comment", "Pull request commented", "Somebody comments on a pull request.", PULLS),
    HookEvent("discussion", "Discussions", "Opened, edited, answered, closed, reopened, deleted.", TALK),
    HookEvent("discussion_comment", "Discussion commented", "Somebody comments in a discussion.", TALK),
    HookEvent("talk", "Talk", "Somebody begins to talk about a file, a run, a model.", TALK),
    HookEvent("talk_comment", "Talk answered", "Somebody answers there.", TALK),
    HookEvent("comment", "Comments changed", "A comment is edited or deleted.", TALK),
)
_TONES = {"closed": "info", "merged": "good", "approved": "good", "rejected": "bad", "opened": "good", "deleted": "bad"}
Json = dict[str, Any]


def offer() -> None:
    """Offer all of it; called at start."""
    hook_events.offer(EVENTS, VERBS, _told)


def _told(activity: Activity, address: str) -> Telling | None:
    repository = activity.repository
    if repository is None:
        return None
    verb, data = VERBS[activity.verb], activity.data
    thing = _thing(data, address)
    payload: Json = {
        "action": verb.action,
        **({"number": data["number"]} if data.get("number") else {}),
        **thing,
        "repository": repository_record(repository, address),
        "sender": person_record(activity.user, address),
    }
    comment = thing.get("comment") or thing.get("review") or {}
    page = comment.get("html_url") or _page(thing) or f"{address}/{repository.full_name}"
    title = f"{activity.verb} {activity.subject}".strip()
    text = render_plain_summary(comment.get("body") or (_body(thing) if verb.action == "opened" else ""), length=300)
    tone = "good" if activity.verb == "merged pull request" else _TONES.get(verb.action, "")
    return Telling(verb.event, verb.action, payload, title, page, text=text, tone=tone)


def _thing(data: Json, address: str) -> Json:
    """What is told of the topic, thread, comment and review that a row names, as far as they still are."""
    found: Json = {}
    topic = _topics().filter(pk=data.get("topic") or 0).first()
    if topic is not None:
        found.update(_shown(topic, address))
    elif data.get("number"):
        found["deleted"] = {"number": data["number"], "title": data.get("title", ""), "kind": data.get("kind", "")}
    for name, show in _PARTS.items():
        if data.get(name):
            record = show(int(data[name]), address)
            found.update({name: record} if record else {})
    return found


def _shown(topic: Topic, address: str) -> Json:
    if topic.kind == Kind.ISSUE:
        return {"issue": issue_record(topic, address)}
    if topic.kind == Kind.DISCUSSION:
        return {"discussion": topic_record(topic, address)}
    pulls = PullRequest.objects.select_related("repository__owner", "head_repository__owner", "merged_by")
    pull = pulls.get(pk=topic.pk)
    pull.topic = topic
    return {"pull_request": pull_record(pull, address)}


def _topics() -> TopicQuerySet:
    rows = Topic.objects.select_related("repository__owner", "author", "milestone")
    return rows.prefetch_related("labels", "assignees")


def _comment(pk: int, address: str) -> Json | None:
    rows = Comment.objects.select_related("author", "repository__owner", "topic__repository__owner", "thread__topic")
    row = rows.filter(pk=pk, is_pending=False).first()
    return comment_record(row, address) if row else None


def _thread(pk: int, address: str) -> Json | None:
    row = Thread.objects.select_related("author", "resolved_by").filter(pk=pk).first()
    return thread_record(row, address) if row else None


def _review(pk: int, address: str) -> Json | None:
    rows = Review.objects.select_related("author", "pull__topic__repository__owner")
    # SECURITY: what nobody has sent yet is told to nobody.
    row = rows.filter(pk=pk).exclude(state=Review.State.PENDING).first()
    return review_record(row, address) if row else None


_PARTS: dict[str, Callable[[int, str], Json | None]] = {"comment": _comment, "thread": _thread, "review": _review}


def _topic(thing: Json) -> Json:
    return next((thing[name] for name in ("issue", "pull_request", "discussion") if name in thing), {})


def _page(thing: Json) -> str:
    return str(_topic(thing).get("html_url", ""))


def _body(thing: Json) -> str:
    return str(_topic(thing).get("body", ""))
