"""What the people of the demonstration said: issues, questions, a pull request under review, one that was merged."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.actor import Actor
from collab.models import Label, Topic
from collab.selectors.pulls import find_pull
from collab.services import board_cards, comments, gates, issue_boards, places, reviews, topic_state
from collab.services.discussions import NewPoll, choose_answer, open_discussion
from collab.services.issues import open_issue
from collab.services.labels import add_usual_labels
from collab.services.merging import merge_pull
from collab.services.milestones import create_milestone
from collab.services.polls import vote
from collab.services.pull_state import look_at
from collab.services.pulls import open_pull
from collab.services.reactions import react
from collab.services.review_requests import request_reviews
from repos.git import objects, tree
from repos.git.commits import Put
from repos.models import Repository
from repos.paths import git_dir
from repos.services.edits import commit_changes
from repos.services.statuses import set_status
from tracking.models import Run
from web.demo.history import MODEL
from web.demo.people import People

FIXED = "readme-seasons"


def create_talk(*, people: People, repository: Repository, runs: list[Run]) -> None:
    """The repository has issues on a board, discussions, talk about a run, and pull requests."""
    labels = {label.name: label for label in add_usual_labels(actor=people.tor, repository=repository)}
    issues = _issues(people, repository, labels)
    _board(people.tor, repository, issues)
    _discussions(people, repository)
    _merged(people, repository)
    _under_review(people, repository, issues[0])
    comments.begin_thread(
        actor=people.ida,
        repository=repository,
        subject="run",
        key=runs[-1].uuid,
        place={},
        body="Still going after two hundred epochs? The validation loss has been flat since the eightieth.",
    )


def _issues(people: People, repository: Repository, labels: dict[str, Label]) -> list[Topic]:
    goal = create_milestone(
        actor=people.tor,
        repository=repository,
        title="v0.3.0",
        description="Better than **0.92** on the validation part, with seeds that agree.",
        due_on=(timezone.now() + timedelta(days=16)).date(),
    )
    wanted = [people.tor.user] if people.tor.user else []

    def issue(actor: Actor, title: str, body: str, *names: str, planned: bool = False) -> Topic:
        return open_issue(
            actor=actor,
            repository=repository,
            title=title,
            body=body,
            labels=[labels[name] for name in names if name in labels],
            assignees=wanted if planned else [],
            milestone=goal if planned else None,
        )

    variance = issue(
        people.ida,
        "Accuracy varies by four points between seeds",
        "Same settings, seeds 0 to 4: validation accuracy from **0.86 to 0.90**. "
        "Before we compare widths we should know how much of it is luck.\n\n"
        "- [x] run five seeds of the best width\n- [ ] report mean and deviation in the table of results\n"
        "- [ ] try dropout, @demo-tor?",
        "bug",
        "experiment",
        planned=True,
    )
    first = comments.post_comment(
        actor=people.tor, topic=variance, body="Dropout is on the branch `dropout`, I open a pull request for it."
    )
    react(actor=people.ida, on=first, sign="rocket")
    island = issue(
        people.tor,
        "Two birds of the third season have no island",
        "Rows 311 and 327 of `data/penguins.csv`. Are they to be found in the field notes?",
        "data",
    )
    comments.post_comment(actor=people.ida, topic=island, body="Page 40: both are from Skerry. I correct the table.")
    units = issue(
        people.ida, "The body mass is in grams, not kilograms", "The table in `data/README.md` is wrong.", "bug"
    )
    topic_state.close_topic(actor=people.ida, topic=units, reason=Topic.Reason.COMPLETED)
    report = issue(
        people.tor, "Serve the best model to the field team", "As a small page they can use offline.", "model"
    )
    react(actor=people.ida, on=report, sign="+1")
    topic_state.pin_topic(actor=people.tor, topic=variance)
    return [variance, island, report, units]


def _board(actor: Actor, repository: Repository, issues: list[Topic]) -> None:
    board = issue_boards.create_board(actor=actor, repository=repository, name="Next release")
    columns = list(board.columns.all())
    for topic, number in zip(issues, (1, 1, 0, len(columns) - 1), strict=True):
        board_cards.add_card(actor=actor, board=board, topic=topic, column=columns[min(number, len(columns) - 1)])


def _discussions(people: People, repository: Repository) -> None:
    asked = open_discussion(
        actor=people.ida,
        repository=repository,
        category="q-a",
        title="Why is the loss of the first epoch always near 1.1?",
        body="Whatever the width and the rate. Is that a bug?",
    )
    said = comments.post_comment(
        actor=people.tor,
        topic=asked,
        body="No: an untrained model gives each of the three species about a third, and -ln(1/3) is 1.0986.",
    )
    choose_answer(actor=people.ida, topic=asked, comment=said)
    poll = open_discussion(
        actor=people.tor,
        repository=repository,
        category="polls",
        title="What next?",
        body="One voice each.",
        poll=NewPoll("What shall we try first?", ["Dropout", "More seasons", "Pictures of the birds"]),
    )
    options = list(poll.discussion.poll.options.all())
    vote(actor=people.tor, topic=poll, options=[options[0].pk])
    vote(actor=people.ida, topic=poll, options=[options[1].pk])


def _merged(people: People, repository: Repository) -> None:
    """A small pull request of Ida's that Tor approved and merged."""
    text = Put(b"docs/seasons.md", b"# Seasons\n\nThree seasons were measured; the third had two observers.\n")
    commit_changes(
        actor=people.ida,
        repository=repository,
        branch=repository.default_branch,
        new_branch=FIXED,
        changes=[text],
        message="Describe the seasons",
    )
    pull = open_pull(
        actor=people.ida,
        repository=repository,
        head_repository=repository,
        head_branch=FIXED,
        base_branch=repository.default_branch,
        title="Describe the seasons",
        body="So that nobody has to ask who measured when.",
    )
    look_at(pull.pk)
    reviews.send_review(actor=people.tor, pull=pull, state="approved", body="Good to have.")
    merge_pull(actor=people.tor, pull=pull, method="squash", delete_branch=True)


def _under_review(people: People, repository: Repository, issue: Topic) -> None:
    """The pull request of the branch `dropout`: with runs, a gate, a check, a question on a line and a suggestion."""
    gates.save_gate(
        actor=people.owner,
        repository=repository,
        name="accuracy",
        rule="max(val_accuracy) >= base - 0.02",
        branches=repository.default_branch,
    )
    pull = open_pull(
        actor=people.ida,
        repository=repository,
        head_repository=repository,
        head_branch="dropout",
        base_branch=repository.default_branch,
        title="Try dropout on the hidden layer",
        body=f"One unit in ten is dropped at each step. Two runs so far, see *Experiments*.\n\nCloses #{issue.number}",
    )
    look_at(pull.pk)
    found = find_pull(repository, pull.topic.number)
    assert found is not None
    set_status(
        actor=people.owner,
        repository=repository,
        commit=found.head_commit,
        context="tests",
        state="success",
        description="14 passed",
    )
    gates.check_gates(found)
    request_reviews(actor=people.ida, pull=found, users=[people.tor.user] if people.tor.user else [])
    review = reviews.start_review(actor=people.tor, pull=found)
    line = _line(repository, found.head_commit)
    places.begin_on_change(
        actor=people.tor,
        pull=found,
        old=found.merge_base,
        new=found.head_commit,
        path=MODEL,
        side="new",
        start=line,
        line=line,
        body="Should the share be an option, so that a sweep can try it?\n\n```suggestion\n"
        "        kept = (self.rng.random(self.first_bias.shape) > self.dropout) / (1 - self.dropout)\n```",
        review=review,
    )
    reviews.send_review(actor=people.tor, pull=found, state="changes", body="Promising. One question about the share.")


def _line(repository: Repository, commit: str) -> int:
    """The line of the model on which units are dropped."""
    entry = tree.find(git_dir(repository), commit, MODEL.encode())
    assert entry is not None
    lines = objects.read_blob(git_dir(repository), entry.id).decode().splitlines()
    return next(number for number, line in enumerate(lines, 1) if "kept = " in line)
