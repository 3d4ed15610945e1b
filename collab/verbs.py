"""What can happen in this room, in the words that Activity keeps (verb, past tense) and what each means to hearers.

A row of Activity that this room writes carries in `data`: `topic` (primary key), `number`, `kind`, `title`; and where
it applies `comment`, `thread`, `review` (primary keys), `users` (ids of those directly concerned: assignees, requested
reviewers, who was added), `mentions` (ids of people named with @) and details by verb.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verb:
    """`icon` is lucide's; `in_feed`: shown in feeds; `tells`: notifies; `event` and `action`: as webhooks say it."""

    icon: str
    event: str
    action: str
    in_feed: bool = True
    tells: bool = True


VERBS: dict[str, Verb] = {
    "opened issue": Verb("circle-dot", "issues", "opened"),
    "edited issue": Verb("pencil", "issues", "edited", in_feed=False, tells=False),
    "closed issue": Verb("circle-check", "issues", "closed"),
    "reopened issue": Verb("circle-dot", "issues", "reopened"),
    "assigned issue": Verb("user-plus", "issue_assign", "assigned", in_feed=False),
    "unassigned issue": Verb("user-minus", "issue_assign", "unassigned", in_feed=False, tells=False),
    "labelled issue": Verb("tag", "issue_label", "label_updated", in_feed=False, tells=False),
    "milestoned issue": Verb("milestone", "issue_milestone", "milestoned", in_feed=False, tells=False),
    "deleted issue": Verb("trash-2", "issues", "deleted", tells=False),
    "commented on issue": Verb("message-square", "issue_comment", "created"),
    "opened pull request": Verb("git-pull-request", "pull_request", "opened"),
    "edited pull request": Verb("pencil", "pull_request", "edited", in_feed=False, tells=False),
    "closed pull request": Verb("git-pull-request-closed", "pull_request", "closed"),
    "reopened pull request": Verb("git-pull-request", "pull_request", "reopened"),
    "merged pull request": Verb("git-merge", "pull_request", "closed"),
    "pushed to pull request": Verb("git-commit-horizontal", "pull_request_sync", "synchronized", in_feed=False),
    "marked pull request ready": Verb("git-pull-request", "pull_request", "ready_for_review"),
    "made pull request a draft": Verb("git-pull-request-draft", "pull_request", "converted_to_draft", in_feed=False),
    "assigned pull request": Verb("user-plus", "pull_request_assign", "assigned", in_feed=False),
    "unassigned pull request": Verb("user-minus", "pull_request_assign", "unassigned", in_feed=False, tells=False),
    "labelled pull request": Verb("tag", "pull_request_label", "label_updated", in_feed=False, tells=False),
    "milestoned pull request": Verb("milestone", "pull_request_milestone", "milestoned", in_feed=False, tells=False),
    "requested review": Verb("eye", "pull_request_review_request", "review_requested", in_feed=False),
    "withdrew review request": Verb(
        "eye-off", "pull_request_review_request", "review_request_removed", in_feed=False, tells=False
    ),
    "approved pull request": Verb("circle-check", "pull_request_review", "approved"),
    "requested changes": Verb("circle-alert", "pull_request_review", "rejected"),
    "reviewed pull request": Verb("eye", "pull_request_review", "commented"),
    "dismissed review": Verb("circle-x", "pull_request_review", "dismissed", in_feed=False),
    "commented on pull request": Verb("message-square", "pull_request_comment", "created"),
    "opened discussion": Verb("messages-square", "discussion", "created"),
    "edited discussion": Verb("pencil", "discussion", "edited", in_feed=False, tells=False),
    "closed discussion": Verb("circle-check", "discussion", "closed"),
    "reopened discussion": Verb("messages-square", "discussion", "reopened"),
    "answered discussion": Verb("circle-check", "discussion", "answered"),
    "deleted discussion": Verb("trash-2", "discussion", "deleted", tells=False),
    "commented on discussion": Verb("message-square", "discussion_comment", "created"),
    "began talk": Verb("message-square", "talk", "created"),
    "talked": Verb("message-square", "talk_comment", "created"),
    "changed comment": Verb("pencil", "comment", "edited", in_feed=False, tells=False),
    "deleted comment": Verb("trash-2", "comment", "deleted", in_feed=False, tells=False),
}

# What other rooms write down and inboxes of watchers hear.
OF_MODELS = ("registered version", "promoted version", "asked for promotion", "changed stage")
_ELSEWHERE = {"pushed", "created repository", *OF_MODELS}


def is_news(verb: str) -> bool:
    """Whether an Activity of this verb may concern an inbox; cheap, asked for each of them."""
    known = VERBS.get(verb)
    return known.tells if known is not None else verb in _ELSEWHERE


def deed(verb: str) -> str:
    """What somebody did, beside the thing's own title: `commented`, `closed this`, `pushed`."""
    words = verb
    for kind in ("issue", "pull request", "discussion"):
        words = words.removesuffix(f" on {kind}").replace(kind, "this")
    return {"requested review": "asked for a review", "talked": "answered"}.get(words, words)
