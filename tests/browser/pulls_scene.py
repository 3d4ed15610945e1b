"""Fills alice/stones with pull requests in every state, a fork, rules and checks."""

from __future__ import annotations

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from collab.services.auto_merge import order_merge
from collab.services.merging import merge_pull
from collab.services.pull_state import look_at
from collab.services.pulls import open_pull
from collab.services.topic_state import close_topic
from repos.models import Repository
from repos.services.forks import fork_repository
from repos.services.people import protect_branch
from repos.services.statuses import set_status
from tests.factories.pulls import make_pull, put

Words = dict[str, str]


def fill_with_pulls(repo: Repository, alice: User, bob: User, carol: User) -> Words:
    """Numbers of the pull requests by what they are: ready, waiting, clash, merged, closed, draft."""
    owner, author = Actor(user=alice), Actor(user=bob)
    put(repo, alice, {"README.md": "# Stones\n", "train.py": "rate = 0.1\n", "CODEOWNERS": "*.py @alice\n"})
    repo.refresh_from_db()
    fork = fork_repository(actor=Actor(user=carol), parent=repo, owner=carol.owner)
    put(fork, carol, {"train.py": "rate = 0.2\n"}, branch="slower", start="main")
    ready = make_pull(
        repo, bob, branch="docs", title="Write down how stones settle", files={"how.md": "They settle.\n"}
    )
    waiting = make_pull(repo, bob, branch="faster", title="Train faster", files={"train.py": "rate = 0.5\n"})
    for context, state, words in (("ci/tests", "success", "142 passed"), ("ci/lint", "pending", "Looking at it")):
        set_status(actor=author, repository=repo, commit=waiting.head_commit, context=context, state=state,
                   description=words, target_url="https://ci.example.org/1")  # fmt: skip
    clash = make_pull(repo, bob, branch="clash", title="Call them rocks", files={"README.md": "# Rocks\n"})
    merged = make_pull(repo, bob, branch="short", title="Say it shorter", files={"short.md": "Short.\n"})
    merge_pull(actor=owner, pull=merged, method="squash", delete_branch=True)
    put(repo, alice, {"README.md": "# Pebbles\n"})
    closed = make_pull(repo, bob, branch="never", title="Never mind", files={"never.md": "No.\n"})
    close_topic(actor=author, topic=closed.topic)
    draft = open_pull(
        actor=Actor(user=carol), repository=repo, head_repository=fork, head_branch="slower", base_branch="main",
        title="Train slower", body="Not yet.", draft=True,
    )  # fmt: skip
    put(repo, bob, {"next.md": "Next.\n"}, branch="next", start="main", message="Say what comes next")
    protect_branch(
        actor=owner, repository=repo, pattern="main", push_level=Level.ADMIN, required_checks=["ci/tests", "ci/lint"],
        required_approvals=1, require_code_owners=True,
    )  # fmt: skip
    found = {"ready": ready, "waiting": waiting, "clash": clash, "merged": merged, "closed": closed, "draft": draft}
    for pull in found.values():
        look_at(pull.pk)
    waiting.refresh_from_db()
    order_merge(actor=owner, pull=waiting, method="squash")
    return {name: str(pull.topic.number) for name, pull in found.items()}
