"""What people write, as HTML: links to what the reader may see, and nothing that runs."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from accounts.models import User
from collab.text import names_in, references_in, references_in_message, render_text
from repos.models import Repository
from tests.factories.collab import make_issue
from tests.factories.repos import make_repo

pytestmark = pytest.mark.django_db


def test_names_numbers_and_signs_become_links(repo: Repository, alice: User, carol: User) -> None:
    issue = make_issue(repo, alice, "Loss is <b>NaN</b>")
    html = render_text(
        f"Thanks @Carol, see #{issue.number} :tada: not `@carol` nor a@carol.org, @nobody-here",
        repository=repo, actor=Actor(user=alice),
    )  # fmt: skip
    assert '<a class="mention" href="/carol/">@carol</a>' in html
    assert f'href="/alice/stones/issues/{issue.number}"' in html
    assert "Loss is &lt;b&gt;NaN&lt;/b&gt; (issue, open)" in html
    assert "🎉" in html
    assert html.count("/carol/") == 1
    assert "@nobody-here" in html and "/nobody-here/" not in html


def test_what_the_reader_may_not_see_stays_text(repo: Repository, alice: User, mallory: User) -> None:
    """The attack: naming numbers of a private repository to read the titles of its issues."""
    issue = make_issue(repo, alice, "Acquire northwind")
    own = make_repo(mallory, "own")
    text = f"alice/stones#{issue.number} and ALICE/Stones#{issue.number}"
    assert "Acquire" not in render_text(text, repository=own, actor=Actor(user=mallory))
    assert render_text(text, repository=own, actor=Actor(user=alice)).count("Acquire") == 2


def test_names_and_references_are_read_from_prose_alone(db: None) -> None:
    text = "@bob fixes #3, alice/stones#4 and closes alice/stones#5\n\n```\n@eve fixes #9\n```\n\n`#10` &#39; me@x.org"
    assert names_in(text) == ["bob"]
    assert [(each.owner, each.number, each.closes) for each in references_in(text)] == [
        ("", 3, True),
        ("alice", 4, False),
        ("alice", 5, True),
    ]
    assert [each.closes for each in references_in_message("Resolves: #7\n\nsee #8")] == [True, False]
