"""The sentences of the feed."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.actor import Actor
from accounts.models import User
from repos.models import Activity, Repository
from repos.services import activity
from web.feed import feed_lines


@pytest.mark.parametrize(
    ("verb", "subject", "data", "words", "shown"),
    [
        ("pushed", "main", {"ref": "refs/heads/main", "commits": 1}, "pushed 1 commit to", "main"),
        ("pushed", "main", {"ref": "refs/heads/main", "commits": 3}, "pushed 3 commits to", "main"),
        ("pushed", "main", {"ref": "r", "commits": 2, "forced": True}, "force-pushed 2 commits to", "main"),
        ("pushed", "main", {"ref": "refs/heads/main"}, "pushed to", "main"),
        ("pushed", "40 more branches and tags", {"refs": 40}, "pushed", "40 more branches and tags"),
        ("created repository", "alice/stones", {}, "created repository", ""),
        ("changed visibility", "", {"from": "private", "to": "public"}, "changed visibility to", "public"),
        ("registered version", "iris v1", {"version": 1}, "registered version", "iris v1"),
        (
            "changed stage",
            "iris v1",
            {"from": "None", "to": "Production"},
            "changed the stage to Production of",
            "iris v1",
        ),
        ("renamed model", "rose", {"from": "iris", "to": "rose"}, "renamed iris to", "rose"),
        ("asked for promotion", "iris v1 to @champion", {}, "asked to promote", "iris v1 to @champion"),
        ("set promotion rule", "iris @champion", {"from": None}, "set the rule of promotion for", "iris @champion"),
        ("invented verb", "thing", {}, "invented verb", "thing"),
    ],
)
def test_a_line_reads_as_a_sentence(
    verb: str, subject: str, data: dict[str, Any], words: str, shown: str, repo: Repository, alice: User
) -> None:
    row = activity.record(actor=Actor(user=alice), repository=repo, verb=verb, subject=subject, data=data)
    (line,) = feed_lines([row])
    assert (line.who, line.words, line.subject, line.url) == ("alice", words, shown, "/alice/stones")


def test_rows_of_repositories_that_are_gone_are_left_out(alice: User) -> None:
    gone = Activity(user=alice, verb="deleted repository", subject="alice/stones")
    assert feed_lines([gone]) == []


def test_every_change_of_models_has_an_icon() -> None:
    from registry.selectors.history_words import ICONS
    from web.feed import _ICONS

    assert {verb for verb in ICONS if "tag" not in verb and "described" not in verb} <= set(_ICONS)
