"""Fills alice/stones with issues, what sorts them, and a board."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from accounts.actor import Actor
from accounts.models import User
from collab.models import Label, Topic
from collab.services.board_cards import add_card
from collab.services.bulk import ask_change
from collab.services.comments import post_comment
from collab.services.issue_boards import create_board, edit_column
from collab.services.issues import open_issue
from collab.services.labels import add_usual_labels
from collab.services.milestones import create_milestone
from collab.services.sorting import set_due
from collab.services.topic_state import close_topic, pin_topic
from repos.git.commits import Put
from repos.models import Repository
from repos.services.edits import commit_changes

Words = dict[str, str]
TITLES = (
    ("Validation loss is NaN after the third epoch with mixed precision", "bug,model,priority/high", True),
    ("Read this before you open an issue", "documentation", False),
    ("Collect basalt from the northern beach: the classes are not balanced", "data,help wanted", False),
    ("Compare cosine and linear warm-up", "experiment,evaluation", True),
    ("The run of 3 March cannot be reproduced on the new machines", "bug,reproducibility,priority/medium", True),
    ("Say in the README how the weights were made", "documentation,good first issue", False),
    ("Labels of granite and gneiss are swapped in data/labels.csv", "data,bug", False),
)
FORM = b"""name: Bug report
description: Something does not work as it should
labels: [bug]
body:
  - {type: markdown, attributes: {value: "Thanks for **telling**."}}
  - {type: input, id: version, attributes: {label: Version, placeholder: v1.2}, validations: {required: true}}
  - {type: textarea, id: log, attributes: {label: Log, render: shell, description: The last lines}}
  - {type: dropdown, id: machine, attributes: {label: Machine, options: [GPU, CPU]}}
  - {type: checkboxes, id: before, attributes: {label: Before, options: [{label: I searched, required: true}]}}
"""
TASKS = "The loss is fine for two epochs.\n\n- [x] look at the batch\n- [x] clip gradients\n- [ ] try bfloat16\n"


def fill_with_issues(repository: Repository, alice: User, bob: User, carol: User) -> Words:
    """Seven open issues and one that is closed; gives {board}, {column}, {label} and {change}."""
    owner, today = Actor(user=alice), timezone.now().date()
    add_usual_labels(actor=owner, repository=repository)
    goal = create_milestone(
        actor=owner, repository=repository, title="v1.0", description="The **first** release.",
        due_on=today + dt.timedelta(days=20),
    )  # fmt: skip
    create_milestone(actor=owner, repository=repository, title="Paper", due_on=today - dt.timedelta(days=3))
    labels = {label.name: label for label in Label.objects.filter(repository=repository)}
    topics: list[Topic] = []
    for title, names, planned in TITLES:
        topic = open_issue(
            actor=owner, repository=repository, title=title, body=TASKS, milestone=goal if planned else None,
            labels=[labels[name] for name in names.split(",")], assignees=[bob, carol] if planned else [],
        )  # fmt: skip
        topics.append(topic)
    set_due(actor=owner, topic=topics[0], due_on=today + dt.timedelta(days=4))
    set_due(actor=owner, topic=topics[4], due_on=today - dt.timedelta(days=2))
    for words in ("I see it too, on `v100`.", "Clipping at 1.0 helps; see #5."):
        post_comment(actor=Actor(user=bob), topic=topics[0], body=words)
    pin_topic(actor=owner, topic=topics[1])
    done = open_issue(actor=Actor(user=bob), repository=repository, title="Where is the data?", milestone=goal)
    close_topic(actor=owner, topic=done)
    board = create_board(actor=owner, repository=repository, name="Release", description="What v1.0 needs")
    first, going, last = board.columns.all()
    edit_column(actor=owner, column=going, name=going.name, label=labels["help wanted"], closes=False, limit=1)
    for topic, column in zip(topics, (first, first, going, going, first, last, first), strict=True):
        add_card(actor=owner, board=board, topic=topic, column=column)
    change = ask_change(
        actor=owner, repository=repository, kind="issue", action="reopen", topics=[topic.pk for topic in topics]
    )
    changes = [Put(b".github/ISSUE_TEMPLATE/bug.yml", FORM), Put(b".github/ISSUE_TEMPLATE/broken.yml", b"name: [")]
    commit_changes(actor=owner, repository=repository, branch="main", changes=changes, message="Ask for what we need")
    repository.refresh_from_db()
    keys = {"board": board.pk, "column": going.pk, "label": labels["bug"].pk, "change": change.pk}
    return {word: str(key) for word, key in keys.items()}
