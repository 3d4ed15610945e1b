"""Rules of protected branches, taken together, and what they say of a push."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from accounts.authn import actor_for_token
from accounts.levels import Level
from accounts.models import User
from hub.lib.errors import Forbidden
from repos.git.receive import Command
from repos.git.refs import ZERO
from repos.models import ProtectedBranch, Repository
from repos.services.people import protect_branch
from repos.services.protection import Rule, check_branch, judge, rule_for
from tests.conftest import TokenFor

A, B = "a" * 40, "b" * 40


def rows(*rules: tuple[str, int, bool, bool]) -> list[ProtectedBranch]:
    return [
        ProtectedBranch(pattern=pattern, push_level=level, allow_force=force, allow_delete=delete)
        for pattern, level, force, delete in rules
    ]


@pytest.mark.parametrize(
    ("branch", "expected"),
    [
        ("free", Rule(Level.WRITE, True, True)),
        ("main", Rule(Level.WRITE, False, False)),
        ("MAIN", Rule(Level.WRITE, False, False)),
        ("release/1", Rule(Level.ADMIN, True, False)),
        ("release/1/hot", Rule(Level.ADMIN, True, False)),
        ("release/frozen", Rule(ProtectedBranch.NOBODY, False, False)),
        ("mainly", Rule(Level.WRITE, True, True)),
    ],
)
def test_strictest_of_all_matching_rules_holds(branch: str, expected: Rule) -> None:
    table = rows(
        ("main", Level.WRITE, False, False),
        ("release/*", Level.ADMIN, True, False),
        ("*/frozen", ProtectedBranch.NOBODY, False, True),
    )
    assert rule_for(table, branch) == expected


def verdict_on(repo: Repository, user: User, *commands: Command) -> tuple[dict[bytes, str], set[bytes]]:
    found = judge(actor=Actor(user=user), repository=repo, commands=commands)
    return {ref: refusal.reason for ref, refusal in found.locked.items()}, set(found.forward_only)


def test_push_is_judged_ref_by_ref(repo: Repository, alice: User, bob: User) -> None:
    owner = Actor(user=alice)
    protect_branch(actor=owner, repository=repo, pattern="main")
    protect_branch(actor=owner, repository=repo, pattern="kept")
    protect_branch(actor=owner, repository=repo, pattern="release/*", push_level=Level.ADMIN, allow_force=True)
    commands = (
        Command(b"refs/heads/main", A, B),
        Command(b"refs/heads/kept", A, ZERO),
        Command(b"refs/heads/new", ZERO, A),
        Command(b"refs/heads/release/1", A, B),
        Command(b"refs/tags/main", A, B),
        Command(b"refs/notes/main", A, ZERO),
        Command(b"refs/heads/caf\xe9", ZERO, A),
    )
    locked, forward = verdict_on(repo, bob, *commands)
    assert locked == {
        b"refs/heads/kept": "protected branch: no deletion",
        b"refs/heads/release/1": "protected branch: administrators may push",
    }
    assert forward == {b"refs/heads/main"}
    locked, forward = verdict_on(repo, alice, *commands)
    assert locked == {b"refs/heads/kept": "protected branch: no deletion"}
    assert forward == {b"refs/heads/main"}


def test_default_branch_is_kept_without_any_rule(repo: Repository, alice: User) -> None:
    locked, _ = verdict_on(repo, alice, Command(b"refs/heads/main", A, ZERO), Command(b"refs/heads/x", A, ZERO))
    assert locked == {b"refs/heads/main": "default branch: no deletion"}


def test_token_lowers_what_its_owner_may_push(repo: Repository, alice: User, token_for: TokenFor) -> None:
    """The attack: a write token of the owner used as if it were the owner."""
    protect_branch(actor=Actor(user=alice), repository=repo, pattern="main", push_level=Level.ADMIN)
    command = Command(b"refs/heads/main", A, B)
    writing, ruling = (actor_for_token(token_for(alice, scope)) for scope in ("write", "admin"))
    assert judge(actor=writing, repository=repo, commands=[command]).locked.keys() == {b"refs/heads/main"}
    assert not judge(actor=ruling, repository=repo, commands=[command]).locked


def test_commits_from_the_browser_follow_the_same_rules(repo: Repository, alice: User, bob: User) -> None:
    owner = Actor(user=alice)
    protect_branch(actor=owner, repository=repo, pattern="main", push_level=Level.ADMIN)
    protect_branch(actor=owner, repository=repo, pattern="frozen", push_level=ProtectedBranch.NOBODY)
    check_branch(actor=owner, repository=repo, branch="main")
    check_branch(actor=Actor(user=bob), repository=repo, branch="topic")
    with pytest.raises(Forbidden, match="only administrators may change it"):
        check_branch(actor=Actor(user=bob), repository=repo, branch="main")
    with pytest.raises(Forbidden, match="nobody may change it directly"):
        check_branch(actor=owner, repository=repo, branch="frozen")
