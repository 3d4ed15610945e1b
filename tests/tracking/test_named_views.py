"""Named views: saving, changing, sharing, defaults, and who may do what."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from accounts.models import User
from hub.lib.errors import Conflict, Forbidden, HubError, Invalid, NotFound, Unauthenticated
from repos.models import Activity, Repository
from tests.factories.tracking import make_experiment, make_run
from tracking.models import Experiment, NamedView
from tracking.selectors.named_views import default_query, view_of, views_of
from tracking.services import named_views
from tracking.services.named_views import change_view, delete_view, save_view, set_default
from tracking.services.purge import purge_repository

HERE = "/alice/stones/experiments/1"
BrowserOf = Callable[[User | None], Client]


@pytest.fixture
def sweep(repo: Repository) -> Experiment:
    experiment = make_experiment(repo)
    make_run(repo, experiment, "one", metrics={"loss": [0.5]})
    return experiment


def save(
    experiment: Experiment, who: User | None, name: str = "best", *, shared: bool = True, query: str = "q=x"
) -> NamedView:
    return save_view(
        repository=experiment.repository,
        experiment=experiment,
        name=name,
        query=query,
        shared=shared,
        actor=Actor(user=who),
    )


def test_a_view_keeps_the_state_without_its_page(sweep: Experiment, bob: User) -> None:
    query = "q=metrics.loss+%3C+1&sort=-metrics.loss&cols=metrics.loss&group=params.lr&after=abc&nonsense=1&open=abcdef"
    view = save(sweep, bob, "  best\t runs ", query=query)
    assert view.name == "best runs"
    assert view.query == "q=metrics.loss+%3C+1&sort=-metrics.loss&cols=metrics.loss&group=params.lr"
    assert views_of(sweep, Actor(user=bob), view.query).chosen == view
    assert Activity.objects.filter(verb="saved view", subject="best runs", user=bob).count() == 1


def test_what_is_private_is_nobody_elses(sweep: Experiment, alice: User, bob: User, carol: User) -> None:
    mine = save(sweep, carol, shared=False)
    team = save(sweep, bob)
    assert views_of(sweep, Actor(user=carol)).own == [mine]
    for other in (alice, bob, None):
        seen = views_of(sweep, Actor(user=other))
        assert (seen.shared, seen.own) == ([team], [])
        with pytest.raises(NotFound):
            view_of(sweep, Actor(user=other), mine.pk)
    assert not Activity.objects.filter(user=carol).exists()


MATRIX = [
    # who      shared save   change shared  delete shared  default
    ("alice", None, None, None, None),
    ("bob", None, None, None, None),
    ("carol", Forbidden, Forbidden, Forbidden, Forbidden),
    ("mallory", Forbidden, Forbidden, Forbidden, Forbidden),
    ("nobody", Unauthenticated, Unauthenticated, Unauthenticated, Unauthenticated),
]


@pytest.mark.parametrize(("who", "saving", "changing", "deleting", "defaulting"), MATRIX)
def test_the_teams_views_are_changed_by_those_who_may_write(
    sweep: Experiment, alice: User, bob: User, carol: User, mallory: User, who: str,
    saving: type[HubError] | None, changing: type[HubError] | None, deleting: type[HubError] | None,
    defaulting: type[HubError] | None,
) -> None:  # fmt: skip
    view = save(sweep, alice)
    user = {"alice": alice, "bob": bob, "carol": carol, "mallory": mallory, "nobody": None}[who]
    actor = Actor(user=user)
    tries: list[tuple[type[HubError] | None, Callable[[], object]]] = [
        (saving, lambda: save(sweep, user, "another")),
        (changing, lambda: change_view(view=view, actor=actor, name="renamed")),
        (defaulting, lambda: set_default(view=view, actor=actor, default=True)),
        (deleting, lambda: delete_view(view=view, actor=actor)),
    ]
    for expected, attempt in tries:
        if expected is None:
            attempt()
        else:
            with pytest.raises(expected):
                attempt()
    assert NamedView.objects.filter(name="another").exists() == (saving is None)
    assert NamedView.objects.filter(pk=view.pk).exists() == (deleting is not None)


def test_a_reader_keeps_views_of_their_own(sweep: Experiment, carol: User, bob: User) -> None:
    view = save(sweep, carol, shared=False)
    assert change_view(view=view, actor=Actor(user=carol), query="view=all").query == "view=all"
    with pytest.raises(Forbidden):
        change_view(view=view, actor=Actor(user=carol), shared=True)
    with pytest.raises(NotFound):
        delete_view(view=view, actor=Actor(user=bob))
    delete_view(view=view, actor=Actor(user=carol))


def test_names_are_taken_once_by_the_team_and_once_by_each(sweep: Experiment, alice: User, bob: User) -> None:
    save(sweep, alice)
    with pytest.raises(Conflict, match="There is a view best already"):
        save(sweep, bob)
    save(sweep, bob, shared=False)
    save(sweep, alice, shared=False)
    with pytest.raises(Conflict):
        save(sweep, alice, shared=False)
    other = save(sweep, alice, "other")
    with pytest.raises(Conflict):
        change_view(view=other, actor=Actor(user=alice), name="best")


@pytest.mark.parametrize(
    ("name", "query"), [("", ""), (" \0 ", ""), ("x" * 101, ""), ("x", "q=" + "y" * 30_000), ("x", "a=1&" * 3000)]
)
def test_what_cannot_be_kept_is_refused(sweep: Experiment, bob: User, name: str, query: str) -> None:
    with pytest.raises(Invalid):
        save(sweep, bob, name, query=query)


def test_views_are_bounded(sweep: Experiment, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named_views, "MOST_VIEWS", 1)
    save(sweep, bob)
    with pytest.raises(Invalid, match="1 views already"):
        save(sweep, bob, "two")


def test_one_shared_view_is_what_everybody_sees_first(sweep: Experiment, bob: User) -> None:
    one, two = save(sweep, bob, "one", query="q=a"), save(sweep, bob, "two", query="q=b")
    actor = Actor(user=bob)
    set_default(view=one, actor=actor, default=True)
    set_default(view=two, actor=actor, default=True)
    assert default_query(sweep) == "q=b"
    assert list(NamedView.objects.filter(is_default=True)) == [two]
    two.refresh_from_db()
    change_view(view=two, actor=actor, shared=False)
    assert default_query(sweep) is None
    with pytest.raises(Invalid, match="shared view"):
        set_default(view=two, actor=actor, default=True)
    set_default(view=one, actor=actor, default=True)
    set_default(view=one, actor=actor, default=False)
    assert default_query(sweep) is None


def test_the_pages_save_choose_change_and_delete(
    browser_of: BrowserOf, sweep: Experiment, bob: User, carol: User
) -> None:
    bobs = browser_of(bob)
    answer = bobs.post(f"{HERE}/views", {"name": "best", "query": "sort=-metrics.loss", "shared": "on"})
    assert answer["Location"] == f"{HERE}?sort=-metrics.loss"
    view = NamedView.objects.get()
    assert bobs.get(f"{HERE}/views/{view.pk}")["Location"] == f"{HERE}?sort=-metrics.loss"
    page = bobs.get(f"{HERE}/views?q=y").content.decode()
    assert "Filter: y" in page and "best" in page and 'name="query" value="q=y"' in page
    again = bobs.post(f"{HERE}/views", {"name": "best", "query": "", "shared": "on"})
    assert again.status_code == 400 and "There is a view best already." in again.content.decode()
    bobs.post(f"{HERE}/views/{view.pk}", {"name": "fine", "shared": "yes"})
    bobs.post(f"{HERE}/views/{view.pk}/default")
    view.refresh_from_db()
    assert (view.name, view.query, view.is_default) == ("fine", "sort=-metrics.loss", True)
    assert "Make fine no default" in bobs.get(f"{HERE}/views").content.decode()
    carols = browser_of(carol).get(f"{HERE}/views").content.decode()
    assert "sharing needs write access" in carols and "Delete fine" not in carols
    bobs.post(f"{HERE}/views/{view.pk}/deletion")
    assert not NamedView.objects.exists()


def test_a_view_of_another_experiment_is_not_there(
    repo: Repository, browser_of: BrowserOf, sweep: Experiment, bob: User
) -> None:
    view = save(make_experiment(repo, "other"), bob)
    for method, path in (("get", ""), ("post", ""), ("post", "/deletion"), ("post", "/default")):
        assert getattr(browser_of(bob), method)(f"{HERE}/views/{view.pk}{path}").status_code == 404
    assert NamedView.objects.filter(pk=view.pk, name="best").exists()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_one_and_for_three(
    sweep: Experiment, browser_of: BrowserOf, bob: User, count: int
) -> None:
    for number in range(count):
        save(sweep, bob, f"view {number}")
    client = browser_of(bob)
    client.get(f"{HERE}/views")
    with CaptureQueriesContext(connection) as queries:
        client.get(f"{HERE}/views")
    assert len(queries) == 11


def test_views_go_with_their_repository(repo: Repository, sweep: Experiment, bob: User) -> None:
    save(sweep, bob)
    purge_repository(repository=repo)
    assert not NamedView.objects.exists()
