"""Fills alice/stones with a pull request in the middle of its review."""

from __future__ import annotations

from accounts.actor import Actor
from accounts.models import User
from collab.models import PullRequest, Review, Thread
from collab.services.comments import post_reply, resolve_thread
from collab.services.places import begin_on_change
from collab.services.pull_state import look_at
from collab.services.reviews import send_review, start_review
from repos.models import Repository
from tests.factories.pulls import make_pull, put

Words = dict[str, str]
BEFORE = '''"""Trains the model that tells stones apart."""

from __future__ import annotations

import argparse

RATE = 0.1
EPOCHS = 10


def loss_of(weights: list[float], rows: list[tuple[float, float]]) -> float:
    """Mean squared error of a line."""
    slope, offset = weights
    return sum((slope * x + offset - y) ** 2 for x, y in rows) / len(rows)


def train(rows: list[tuple[float, float]], epochs: int = EPOCHS) -> list[float]:
    """Weights after so many epochs."""
    weights = [0.0, 0.0]
    for _ in range(epochs):
        slope, offset = weights
        errors = [(slope * x + offset - y, x) for x, y in rows]
        weights[0] -= RATE * sum(error * x for error, x in errors) / len(rows)
        weights[1] -= RATE * sum(error for error, _ in errors) / len(rows)
    return weights


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    print(train([(1.0, 2.0)], parser.parse_args().epochs))


if __name__ == "__main__":
    main()
'''
AFTER = (
    BEFORE.replace("RATE = 0.1\n", "RATE = 0.05\nMOMENTUM = 0.9\n")
    .replace("    weights = [0.0, 0.0]\n", "    weights = [0.0, 0.0]\n    speed = [0.0, 0.0]\n")
    .replace("        weights[0] -= RATE * sum(", "        speed[0] = MOMENTUM * speed[0] - RATE * sum(")
    .replace("        weights[1] -= RATE * sum(", "        speed[1] = MOMENTUM * speed[1] - RATE * sum(")
    .replace(
        "    return weights\n", "        weights = [weights[0] + speed[0], weights[1] + speed[1]]\n    return weights\n"
    )
)
PAGE = "/alice/stones/pulls/{number}"


def fill_with_review(repo: Repository, alice: User, bob: User, carol: User) -> Words:
    """bob's pull request: alice asks for changes, carol's review waits, one thread is outdated, one resolved."""
    put(
        repo,
        alice,
        {"src/train.py": BEFORE, "README.md": "# Stones\n\nTells stones apart.\n", "uv.lock": "version = 1\n"},
    )
    files = {
        "src/train.py": AFTER,
        "README.md": "# Stones\n\nTells stones apart, with momentum.\n",
        "docs/momentum.md": "# Momentum\n\nSteps remember the one before.\n",
        "uv.lock": "version = 2\n",
    }
    pull = make_pull(repo, bob, title="Train with momentum", body="Fewer epochs for the same loss.", files=files)
    first = _talk(pull, alice, carol)
    put(repo, bob, {"docs/momentum.md": "# Momentum\n\nA step remembers the one before it.\n"}, branch="feature")
    found = look_at(pull.pk)
    assert found is not None
    review = start_review(actor=Actor(user=carol), pull=found)
    _begin(found, carol, "src/train.py", 20, "Should this be a tuple?", review=review)
    return {"number": str(pull.topic.number), "review": str(first)}


def _talk(pull: PullRequest, alice: User, carol: User) -> int:
    actor = Actor(user=alice)
    review = start_review(actor=actor, pull=pull)
    suggestion = "Name what it is of:\n\n```suggestion\nMOMENTUM = 0.9  # Of the step before.\n```\n"
    _begin(pull, alice, "src/train.py", 8, suggestion, review=review)
    _begin(pull, alice, "docs/momentum.md", 3, "One step, one memory?", review=review)
    sent = send_review(actor=actor, pull=pull, state="changes", body="Good direction. Two remarks on the **words**.")
    settled = _begin(pull, carol, "README.md", 3, "Which momentum?")
    post_reply(actor=actor, thread=settled, body="That of the optimiser. Said in the docs.")
    resolve_thread(actor=actor, thread=settled, resolved=True)
    send_review(actor=Actor(user=carol), pull=pull, state="approved")
    return sent.pk


def _begin(pull: PullRequest, user: User, path: str, line: int, body: str, *, review: Review | None = None) -> Thread:
    return begin_on_change(
        actor=Actor(user=user), pull=pull, old=pull.merge_base, new=pull.head_commit, path=path, side="new",
        start=line, line=line, body=body, review=review,
    )  # fmt: skip
