"""A hub with one of everything that a route can be about, and the ways in which the cast comes to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from accounts.services import create_key_pair, create_organization, create_token, new_setup_link
from accounts.services.organizations import add_member
from accounts.services.teams import add_to_team, create_team
from collab.services.board_cards import add_card
from collab.services.bulk import ask_change
from collab.services.comments import begin_thread
from collab.services.discussions import open_discussion
from collab.services.gates import save_gate
from collab.services.issue_boards import create_board as create_issue_board
from collab.services.labels import create_label
from collab.services.milestones import create_milestone
from collab.services.reviews import send_review
from jobs.models import Job
from registry.services.playground import Column
from repos.git import history
from repos.git.commits import Put
from repos.git.objects import resolve
from repos.models import Repository
from repos.paths import git_dir
from repos.services.branches import create_branch, create_tag
from repos.services.edits import commit_changes
from repos.services.people import protect_branch, set_collaborator, set_team
from repos.services.repositories import create_repository
from storage import spaces
from storage.connected import Place
from storage.services import put_object
from storage.services.connections import connect_bucket
from storage.spaces import DATA
from tests.factories.collab import make_comment, make_issue
from tests.factories.playground import make_endpoint, make_trial
from tests.factories.pulls import make_pull
from tests.factories.registry import make_model, make_prompt, make_request, make_version
from tests.factories.repos import make_webhook
from tests.factories.tracing import judge, make_dataset, make_trace, trace_id
from tests.factories.tracking import make_artifact, make_experiment, make_run
from tests.storage.s3_server import running_s3
from tracking.locations import SPACE
from tracking.selectors.run_page import model_folder
from tracking.services.boards import create_board
from tracking.services.experiments import delete_experiment
from tracking.services.logged_models import create_model
from tracking.services.named_views import save_view

HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"  # SHA-256
NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@dataclass(frozen=True)
class World:
    """What stands for each word in a route, and a visitor for each member of the cast."""

    words: dict[str, str]
    visitors: dict[str, Client]


@pytest.fixture
def stones(repo: Repository, alice: User) -> Repository:
    """alice/stones with two commits on main, a branch, a tag, and a rule for branches."""
    actor = Actor(user=alice)
    for text in (b"# Stones\n", b"# Stones\n\nStacked.\n"):
        changes = [Put(b"README.md", text), Put(b"notes.ipynb", NOTEBOOK + b"\n" * len(text))]
        changes.append(Put(b"reports/findings.md", text))
        commit_changes(actor=actor, repository=repo, branch="main", changes=changes, message="Stack")
    create_branch(actor=actor, repository=repo, name="topic", start="main")
    create_tag(actor=actor, repository=repo, name="v1", start="main")
    protect_branch(actor=actor, repository=repo, pattern="release/*")
    repo.refresh_from_db()
    return repo


@pytest.fixture
def archive(stones: Repository, alice: User, settings: Any) -> Iterator[None]:
    """A bucket elsewhere that alice/stones shows as `archive`."""
    settings.ALLOW_PRIVATE_TARGETS = True
    with running_s3() as outside:
        outside.objects["notes.txt"] = b"A note.\n"
        place = Place(kind="s3", bucket="outside", endpoint=outside.endpoint)
        connect_bucket(repository=stones, name="archive", place=place, actor=Actor(user=alice))
        yield


@pytest.fixture
def words(stones: Repository, archive: None, alice: User, bob: User, carol: User) -> dict[str, str]:
    """The sample for each word of a route; a row of the table may name others."""
    experiment = make_experiment(stones)
    run, run2 = (make_run(stones, experiment, metrics={"loss": [1.0, 0.5]}) for _ in range(2))
    make_artifact(stones, run, "notes.txt", b"A note.\n")
    make_artifact(stones, run, "logs/train.log", b"begun\n")
    model = create_model(repository=stones, number=experiment.number, source_run_id=run.uuid)
    for name in ("notes.txt", "code/train.py"):
        put_object(repository=stones, space=SPACE, key=f"{model_folder(model)}/{name}", chunks=[b"A note.\n"])
    put_object(
        repository=stones, space=spaces.DVC, key="files/md5/5d/41402abc4b2a76b9719d911017c592", chunks=[b"hello"]
    )
    put_object(repository=stones, space=spaces.LFS, key=spaces.lfs_key(HELLO), chunks=[b"hello"])
    put_object(repository=stones, space=DATA, key="notes.txt", chunks=[b"A note.\n"])
    make_model(stones)
    for _ in range(2):
        make_version(stones, logged=model)
    make_request(stones, "petal", asks=Actor(user=bob), rules=Actor(user=alice))
    greeting = make_prompt(stones, "greeting", "Hello {{ name }}", "Good day {{ name }}")
    endpoint = make_endpoint(stones)
    make_trial(greeting, endpoint, Actor(user=bob), [{"name": "Ada"}], Column(1, "tiny-chat"))
    make_trace(stones, experiment)
    said = judge(stones, 1, "quality", "good", source_type="HUMAN", source_id="alice")
    dataset, record = make_dataset(stones, {"question": "why"})
    board = create_board(experiment=experiment, name="Weekly", panels=[], actor=Actor(user=alice))
    deleted = make_experiment(stones, "given up")
    delete_experiment(repository=stones, number=deleted.number)
    view = save_view(
        repository=stones, experiment=experiment, name="best", query="q=loss", shared=True, actor=Actor(user=alice)
    )
    organization = create_organization(creator=alice, slug="northwind")
    add_member(organization=organization, user=bob)
    team = create_team(organization=organization, name="Curves")
    add_to_team(team=team, user=bob)
    actor = Actor(user=alice)
    sails = create_repository(actor=actor, owner=organization.owner, name="sails")
    grant = set_team(actor=actor, repository=sails, team=team, level=Level.WRITE)
    set_collaborator(actor=actor, repository=sails, user=carol, level=Level.READ)
    sha = resolve(git_dir(stones), "main").commit
    issue = make_issue(stones, alice)
    comment = make_comment(issue, alice)
    discussion = open_discussion(actor=actor, repository=stones, category="q-a", title="Which loss?", body="For masks")
    thread = begin_thread(actor=actor, repository=stones, subject="file", key="README.md", place={}, body="Why two?")
    label = create_label(actor=actor, repository=stones, name="bug", colour="#d1453b")
    issue.labels.add(label)
    create_milestone(actor=actor, repository=stones, title="First")
    wall = create_issue_board(actor=actor, repository=stones, name="Work")
    card = add_card(actor=actor, board=wall, topic=issue)
    change = ask_change(actor=actor, repository=stones, kind="issue", action="reopen", topics=[issue.pk])
    pull = make_pull(stones, bob)
    gate = save_gate(actor=actor, repository=stones, name="accuracy", rule="val_acc >= base")
    places = {"": stones, "_mine": alice.owner, "_group": organization.owner}
    hooks = {word: make_webhook(place) for word, place in places.items()}
    return {
        **{f"hook{word}": str(hook.pk) for word, (hook, _) in hooks.items()},
        **{f"delivery{word}": str(delivery.pk) for word, (_, delivery) in hooks.items()},
        "issue": str(issue.number),
        "pull": str(pull.topic.number),
        "review": str(send_review(actor=Actor(user=alice), pull=pull, state="approved").pk),
        "gate": str(gate.pk),
        "comment": str(comment.pk),
        "thread": str(thread.pk),
        "discussion": str(discussion.number),
        "remark": str(make_comment(discussion, alice).pk),
        "label": str(label.pk),
        "wall": str(wall.pk),
        "column": str(card.column_id),
        "card": str(card.pk),
        "change": str(change.pk),
        "owner": "alice",
        "name": "stones",
        "slug": "northwind",
        "team": str(team.pk),
        "grant": str(grant.pk),
        "job": str(Job.objects.create(task="repos.after_push", state="failed").pk),
        "token": str(create_token(user=alice, name="laptop").pk),
        "pair": str(create_key_pair(user=alice, name="laptop").pk),
        "experiment": str(experiment.number),
        "board": str(board.pk),
        "run": run.uuid,
        "rule": str(stones.protected_branches.get().pk),
        "deleted": str(deleted.number),
        "run2": run2.uuid,
        "trace": trace_id(1),
        "endpoint": str(endpoint.pk),
        "span": f"{1:016x}",
        "assessment_id": said,
        "dataset": dataset,
        "record": record,
        "view": str(view.pk),
        "model": model.uuid,
        "sha": sha,
        "parent": history.log(git_dir(stones), sha)[1].id,
        "bucket": "archive",
        "setup": new_setup_link().rsplit("/", 1)[1],
    }


@pytest.fixture
def people(
    words: dict[str, str], alice: User, bob: User, carol: User, mallory: User, root: User,
    browser_of: Callable[..., Client],
) -> World:  # fmt: skip
    """The cast in their browsers."""
    cast = {"owner": alice, "writer": bob, "reader": carol, "stranger": mallory, "nobody": None, "root": root}
    return World(words, {name: browser_of(user) for name, user in cast.items()})


@pytest.fixture
def programs(
    words: dict[str, str], alice: User, bob: User, carol: User, mallory: User, root: User,
    other_repo: Repository, stones: Repository, token_for: Callable[..., str],
) -> World:  # fmt: skip
    """The cast as programs with tokens, and tokens that may less than their owner."""
    tokens: dict[str, str] = {
        "owner": token_for(alice, "admin"),
        "writer": token_for(bob),
        "reader": token_for(carol, "admin"),
        "stranger": token_for(mallory, "admin"),
        "root": token_for(root, "admin"),
        "read token": token_for(alice, "read"),
        "own token": token_for(alice, "write", stones),
        "other token": token_for(alice, "admin", other_repo),
        "wrong token": token_for(alice)[:-1] + "x",
    }
    headers: dict[str, Any] = {name: {"Authorization": f"Bearer {text}"} for name, text in tokens.items()}
    return World(words, {"nobody": Client(), **{name: Client(headers=each) for name, each in headers.items()}})
