"""Reviews: comments that wait, verdicts, threads that follow their lines, suggestions that become commits."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from collab.models import Comment, PullRequest, Reference, Review, Thread
from collab.selectors.conversation import conversation
from collab.selectors.threads_of_change import open_threads
from collab.services.places import begin_on_change
from collab.services.pull_state import look_at
from collab.services.pulls import open_pull
from collab.services.reviews import discard_review, dismiss_review, send_review, start_review
from collab.services.suggestions import apply_suggestions
from hub.lib.errors import Conflict, Forbidden, Invalid, NotFound
from repos.git import history, objects, tree
from repos.git.refs import branch_tip
from repos.models import ProtectedBranch, Repository
from repos.paths import git_dir
from repos.services.forks import fork_repository
from tests.factories.collab import make_issue
from tests.factories.pulls import make_pull, put
from tests.factories.repos import let_in

BrowserOf = Callable[[User | None], Client]
FILES = "/alice/stones/pulls/1/files"
LINES = [f"line {number}" for number in range(1, 31)]
ATTACK = "<script>alert(1)</script>"


def text(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


@pytest.fixture
def pull(repo: Repository, alice: User, bob: User) -> PullRequest:
    """bob changes lines 10 and 20 of a file."""
    put(repo, alice, {"a.py": text(*LINES)})
    changed = [*LINES[:9], "ten", *LINES[10:19], "twenty", *LINES[20:]]
    return make_pull(repo, bob, files={"a.py": text(*changed)})


def say(
    pull: PullRequest,
    user: User,
    line: int = 10,
    body: str = "Why?",
    *,
    path: str = "a.py",
    side: str = "new",
    start: int | None = None,
    review: Review | None = None,
) -> Thread:
    return begin_on_change(
        actor=Actor(user=user),
        pull=pull,
        old=pull.merge_base,
        new=pull.head_commit,
        path=path,
        side=side,
        start=line if start is None else start,
        line=line,
        body=body,
        review=review,
    )


def push(pull: PullRequest, user: User, *lines: str) -> PullRequest:
    """A further commit on the branch, and the look that follows it."""
    put(pull.repository, user, {"a.py": text(*lines)}, branch="feature")
    found = look_at(pull.pk)
    assert found is not None
    return found


def lines_of(pull: PullRequest) -> list[str]:
    folder = git_dir(pull.repository)
    tip = branch_tip(folder, "feature")
    assert tip is not None
    entry = tree.find(folder, tip, b"a.py")
    assert entry is not None
    return objects.read_blob(folder, entry.id).decode().splitlines()


def test_what_waits_in_a_review_is_its_authors_alone(
    pull: PullRequest, alice: User, carol: User, browser_of: BrowserOf
) -> None:
    """The attack: another reader, even the owner, looks for words that were not sent yet."""
    reader, actor = browser_of(carol), Actor(user=carol)
    form = {"path": "a.py", "side": "new", "start": "10", "line": "10", "index": "1", "as": "review"}
    span = {"old": pull.merge_base, "new": pull.head_commit}
    assert reader.post(f"{FILES}/comments", {**form, **span, "body": "secret words"}).status_code == 302
    thread = Thread.objects.get()
    pages = [FILES, f"/alice/stones/threads/{thread.pk}", f"/alice/stones/comments/{thread.comments.get().pk}"]
    assert b"secret words" in reader.get(FILES).content
    for page in pages:
        assert b"secret words" not in browser_of(alice).get(page, follow=True).content, page
    for viewer, count in ((carol, 1), (alice, 0)):
        assert open_threads(pull, Actor(user=viewer))[1] == count
    review = send_review(actor=actor, pull=pull, state="changes", body="Please look")
    assert b"secret words" in browser_of(alice).get(FILES).content
    entry = next(each for each in conversation(pull.topic, Actor(user=alice)).first if each.what == "review")
    assert (entry.review, [talk.thread for talk in entry.threads]) == (review, [thread])
    pull.topic.refresh_from_db()
    assert pull.topic.comments_count == 1


def test_a_discarded_review_leaves_nothing(pull: PullRequest, bob: User, carol: User) -> None:
    say(pull, bob)
    review = start_review(actor=Actor(user=carol), pull=pull)
    say(pull, carol, 20, review=review)
    assert discard_review(actor=Actor(user=carol), pull=pull) == 1
    assert (Review.objects.count(), Thread.objects.count(), Comment.objects.count()) == (0, 1, 1)
    with pytest.raises(Conflict):
        discard_review(actor=Actor(user=carol), pull=pull)


def test_verdicts_count_by_who_gives_them(pull: PullRequest, alice: User, bob: User, carol: User) -> None:
    assert send_review(actor=Actor(user=alice), pull=pull, state="approved").is_official
    assert not send_review(actor=Actor(user=carol), pull=pull, state="approved").is_official
    with pytest.raises(Forbidden):
        send_review(actor=Actor(user=bob), pull=pull, state="approved")
    with pytest.raises(Invalid):
        send_review(actor=Actor(user=bob), pull=pull, state="commented", body=" ")
    with pytest.raises(Invalid):
        send_review(actor=Actor(user=alice), pull=pull, state="dismissed", body="x")
    review = Review.objects.filter(author=alice).latest("pk")
    with pytest.raises(Forbidden):
        dismiss_review(actor=Actor(user=carol), review=review, reason="No")
    dismiss_review(actor=Actor(user=bob), review=review, reason="It was of another change")
    assert (review.state, review.dismissed_by) == ("dismissed", bob)
    with pytest.raises(Conflict):
        dismiss_review(actor=Actor(user=bob), review=review, reason="Again")


def test_a_review_neither_takes_nor_adds_closing_words(repo: Repository, alice: User, bob: User, carol: User) -> None:
    """The attack: a reader's review says that it closes an issue, and whoever merges closes it for them."""
    meant, other = make_issue(repo, alice), make_issue(repo, alice, "Another")
    pull = make_pull(repo, bob, body=f"Closes #{meant.number}")
    send_review(actor=Actor(user=carol), pull=pull, state="approved", body=f"Good. Closes #{other.number}")
    named = Reference.objects.filter(source=pull.topic).order_by("target")
    assert list(named.values_list("target", "closes")) == [(meant.pk, True), (other.pk, False)]


@pytest.mark.parametrize(("dismisses", "state"), [(False, "approved"), (True, "dismissed")])
def test_reviews_of_an_earlier_head_are_stale(
    pull: PullRequest, repo: Repository, alice: User, bob: User, dismisses: bool, state: str
) -> None:
    ProtectedBranch.objects.create(repository=repo, pattern="ma*", dismiss_stale_approvals=dismisses)
    review = send_review(actor=Actor(user=alice), pull=pull, state="approved")
    push(pull, bob, "more", *LINES)
    review.refresh_from_db()
    assert (review.is_stale, review.state) == (True, state)


def test_threads_follow_their_lines_until_those_change(pull: PullRequest, bob: User, carol: User) -> None:
    moves, changes, whole = say(pull, carol, 20), say(pull, carol, 10), say(pull, carol, 0, side="")
    removed = say(pull, carol, 20, side="old", start=20)
    assert [row[2] for row in moves.excerpt][-1] == "twenty"
    assert removed.excerpt[-1] == ["-", 20, "line 20"]
    first = pull.head_commit
    pull = push(pull, bob, "put in", *LINES[:9], "TEN", *LINES[10:19], "twenty", *LINES[20:])
    for thread in (moves, changes, whole, removed):
        thread.refresh_from_db()
    assert (moves.place["line"], moves.commit, moves.is_outdated) == (21, pull.head_commit, False)
    assert (changes.is_outdated, changes.place["line"], changes.commit) == (True, 10, first)
    assert (whole.is_outdated, removed.is_outdated, removed.commit) == (False, False, pull.merge_base)
    late = begin_on_change(
        actor=Actor(user=carol), pull=pull, old=pull.merge_base, new=first, path="a.py", side="new", start=20, line=20,
        body="Seen in the first version",
    )  # fmt: skip
    assert (late.place["line"], late.is_outdated) == (21, False)
    push(pull, bob, *LINES)
    moves.refresh_from_db()
    assert moves.is_outdated


def test_comments_stand_on_lines_that_are_there(pull: PullRequest, carol: User, mallory: User) -> None:
    for line, side, error in ((99, "new", NotFound), (5, "both", Invalid), (20, "", Invalid)):
        with pytest.raises(error):
            say(pull, carol, line, side=side)
    with pytest.raises(NotFound):
        say(pull, carol, 1, path="b.py")
    with pytest.raises(Invalid):
        say(pull, carol, 10, start=11)
    assert not Thread.objects.exists()


def test_suggestions_become_one_commit_that_names_who_made_them(
    pull: PullRequest, bob: User, carol: User, browser_of: BrowserOf
) -> None:
    one = say(pull, carol, 10, body="Better:\n```suggestion\nten <b>a</b>\nten b\n```\nAgreed?")
    two = say(pull, carol, 21, start=20, body="~~~suggestion\n~~~")
    page = browser_of(bob).get(FILES).content.decode()
    assert "Suggested change" in page and "ten &lt;b&gt;a" in page and "```" not in page
    ids = [thread.comments.get().pk for thread in (one, two)]
    answer = browser_of(bob).post("/alice/stones/pulls/1/suggestions", {"comment": ids, "title": "Take both"})
    assert answer.status_code == 302
    assert lines_of(pull) == [*LINES[:9], "ten <b>a</b>", "ten b", *LINES[10:19], *LINES[21:]]
    pull.refresh_from_db()
    commit = history.commit(git_dir(pull.repository), pull.head_commit)
    assert commit.message == "Take both\n\nCo-authored-by: carol <carol@users.noreply.invalid>"
    assert commit.author.name == "bob"
    assert set(Comment.objects.values_list("applied_in", flat=True)) == {pull.head_commit}
    assert not Thread.objects.filter(resolved_at=None).exists()
    with pytest.raises(Conflict):
        apply_suggestions(actor=Actor(user=bob), pull=pull, comments=ids)


def test_a_suggestion_for_changed_lines_is_refused(
    pull: PullRequest, bob: User, carol: User, browser_of: BrowserOf
) -> None:
    """The branch has moved, but nobody has looked at it since: what counts is what stands there now."""
    thread, other = (say(pull, carol, 10, body=f"```suggestion\nten {n}\n```") for n in (1, 2))
    ids = [each.comments.get().pk for each in (thread, other)]
    with pytest.raises(Conflict, match="same lines"):
        apply_suggestions(actor=Actor(user=bob), pull=pull, comments=ids)
    with pytest.raises(Forbidden):
        apply_suggestions(actor=Actor(user=carol), pull=pull, comments=ids[:1])
    put(pull.repository, bob, {"a.py": text(*LINES[:9], "TEN", *LINES[10:])}, branch="feature")
    answer = browser_of(bob).post("/alice/stones/pulls/1/suggestions", {"comment": ids[:1], "title": "Kept words"})
    assert answer.status_code == 409
    assert b"have changed since" in answer.content and b"Kept words" in answer.content
    assert "TEN" in lines_of(pull)


def test_line_ends_stay_as_they_were(repo: Repository, alice: User, bob: User, carol: User) -> None:
    put(repo, alice, {"a.py": "one\r\ntwo\r\nlast"})
    pull = make_pull(repo, bob, files={"a.py": "one\r\nTWO\r\nLAST"})
    ids = []
    for line in (2, 3):
        thread = say(pull, carol, line, body=f"```suggestion\nnew {line}\n```")
        ids.append(thread.comments.get().pk)
    apply_suggestions(actor=Actor(user=bob), pull=pull, comments=ids)
    folder = git_dir(repo)
    entry = tree.find(folder, branch_tip(folder, "feature") or "", b"a.py")
    assert entry is not None and objects.read_blob(folder, entry.id) == b"one\r\nnew 2\r\nnew 3"


def test_markup_in_what_is_said_is_text(pull: PullRequest, carol: User, browser_of: BrowserOf) -> None:
    """The attack: scripts in a comment, a suggestion, a review and the reason of its dismissal."""
    say(pull, carol, 10, body=f"{ATTACK}\n```suggestion\n{ATTACK}\n```")
    review = send_review(actor=Actor(user=carol), pull=pull, state="changes", body=ATTACK)
    owner = browser_of(carol.__class__.objects.get(username="alice"))
    assert owner.post(f"/alice/stones/pulls/1/reviews/{review.pk}/dismissal", {"reason": ATTACK}).status_code == 302
    for page in (FILES, f"{FILES}?diff=split", "/alice/stones/pulls/1", "/alice/stones/pulls/1/suggestions"):
        content = owner.get(page).content.decode()
        assert ATTACK not in content, page


def test_words_that_are_refused_are_kept(pull: PullRequest, bob: User, carol: User, browser_of: BrowserOf) -> None:
    form = {"path": "a.py", "side": "new", "start": "10", "line": "10", "index": "1"}
    span = {"old": pull.merge_base, "new": pull.head_commit}
    answer = browser_of(carol).post(f"{FILES}/comments", {**form, **span, "body": " "})
    assert answer.status_code == 400 and b"Write something first" in answer.content
    for wrong in ({"line": "x"}, {"new": "--all"}, {"path": "b.py"}):
        status = browser_of(carol).post(f"{FILES}/comments", {**form, **span, "body": "x", **wrong}).status_code
        assert status in {400, 404}, wrong
    answer = browser_of(bob).post("/alice/stones/pulls/1/review", {"state": "approved", "body": "my own words"})
    assert answer.status_code == 403 and b"my own words" in answer.content


def test_a_box_opens_without_scripts(pull: PullRequest, carol: User, mallory: User, browser_of: BrowserOf) -> None:
    for query in ("comment=1R10", "comment=1R15", "comment=1R8-12&diff=split", "comment=1L10", "comment=1F"):
        page = browser_of(carol).get(f"{FILES}?{query}").content.decode()
        assert page.count('<div class="diff-say" id="say">') == 1, query
    page = browser_of(carol).get(f"{FILES}?comment=1R8-12", headers={"HX-Request": "true"}).content.decode()
    assert re.findall(r'name="(start|line)" value="(\d+)"', page) == [("start", "8"), ("line", "12")]
    assert 'data-suggest="line 8\nline 9\nten\nline 11\nline 12\n"' in page
    assert browser_of(carol).get(f"{FILES}?comment=9R1", headers={"HX-Request": "true"}).status_code == 404
    assert browser_of(mallory).get(FILES).status_code == 404


def test_writers_of_the_base_apply_suggestions_to_a_fork_that_lets_them(
    pull: PullRequest, repo: Repository, alice: User, bob: User, carol: User
) -> None:
    actor = Actor(user=carol)
    repo.refresh_from_db()
    fork = fork_repository(actor=actor, parent=repo, owner=carol.owner)
    let_in(fork, bob, Level.READ)
    put(fork, carol, {"c.py": "one\ntwo\n"}, branch="fix", start="main")
    theirs = open_pull(
        actor=actor, repository=repo, head_repository=fork, head_branch="fix", base_branch="main", title="Fix"
    )
    ids = []
    for line in (1, 2):
        thread = say(theirs, alice, line, body=f"```suggestion\nnew {line}\n```", path="c.py")
        ids.append(thread.comments.get().pk)
    apply_suggestions(actor=Actor(user=bob), pull=theirs, comments=ids[:1])
    theirs.refresh_from_db()
    assert history.commit(git_dir(fork), theirs.head_commit).author.name == "bob"
    PullRequest.objects.filter(pk=theirs.pk).update(allow_edits=False)
    theirs.refresh_from_db()
    with pytest.raises(Forbidden):
        apply_suggestions(actor=Actor(user=bob), pull=theirs, comments=ids[1:])
