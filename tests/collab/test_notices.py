"""Who is told of what, once, and only while they may read it."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from accounts.models import User
from collab import tasks
from collab.models import Kind, Notification, NotificationSettings, Subscription, Watch
from collab.selectors.inbox import InboxQuery, matching, unread_count
from collab.services.comments import post_comment
from collab.services.happening import tell
from collab.services.inbox import mark
from collab.services.notifying import notify
from collab.services.subscribing import mute, subscribe, unsubscribe, watch
from collab.services.topics import new_topic
from jobs.models import Job
from repos.models import Activity, Repository, Visibility
from repos.services.people import remove_collaborator
from repos.services.stars import star, unstar
from tests.factories.repos import make_repo


@pytest.fixture
def issue(repo, bob):
    """An issue that bob opened, which nobody has been told of."""
    made = new_topic(actor=Actor(user=bob), repository=repo, kind=Kind.ISSUE, title="Loss is NaN after step 300")
    subscribe(user=bob, reason="author", topic=made)
    return made


def told(user: User) -> list[tuple[str, int, bool]]:
    return [(row.reason, row.count, row.is_unread) for row in Notification.objects.filter(user=user)]


def comment(actor: User, issue, **facts) -> Activity:
    return tell(actor=Actor(user=actor), verb="commented on issue", topic=issue, **facts)


def test_each_is_told_once_with_the_weightiest_reason(repo, issue, alice, bob, carol):
    watch(actor=Actor(user=carol), repository=repo, level="all")
    subscribe(user=alice, reason="commented", topic=issue)
    first = comment(carol, issue, mentions=[alice])
    assert notify(activity_id=first.pk) == 2
    # carol did it herself; bob opened it; alice takes part and was called by name.
    assert (told(alice), told(bob), told(carol)) == ([("mentioned", 1, True)], [("author", 1, True)], [])
    # The job may run twice.
    assert notify(activity_id=first.pk) == 0
    assert told(bob) == [("author", 1, True)]
    assert notify(activity_id=comment(alice, issue).pk) == 2
    assert (told(alice), told(bob), told(carol)) == (
        [("mentioned", 1, True)], [("author", 2, True)], [("watching", 1, True)],
    )  # fmt: skip


def test_news_make_what_was_put_away_unread_again(repo, issue, alice, bob):
    notify(activity_id=comment(alice, issue).pk)
    row = Notification.objects.get(user=bob)
    mark(actor=Actor(user=bob), numbers=[row.pk], action="done")
    assert told(bob) == [("author", 1, False)]
    notify(activity_id=comment(alice, issue).pk)
    row.refresh_from_db()
    assert (row.is_done, row.is_unread, row.count) == (False, True, 1)


def test_being_called_is_kept_when_jobs_run_in_another_order(repo, issue, alice, carol):
    watch(actor=Actor(user=carol), repository=repo, level="all")
    first, second = comment(alice, issue, mentions=[carol]), comment(alice, issue)
    notify(activity_id=second.pk)
    notify(activity_id=first.pk)
    assert told(carol) == [("mentioned", 1, True)]


def test_mute_and_ignore_hear_nothing(repo, issue, alice, bob, carol):
    mute(user=bob, topic=issue)
    watch(actor=Actor(user=carol), repository=repo, level="ignore")
    assert notify(activity_id=comment(alice, issue, mentions=[bob, carol]).pk) == 0
    # Being called subscribes people, which must not wake what they muted.
    subscribe(user=bob, reason="mentioned", topic=issue)
    assert Subscription.objects.get(user=bob).is_muted
    subscribe(user=bob, reason="subscribed", topic=issue)
    assert not Subscription.objects.get(user=bob).is_muted


def test_chosen_kinds_and_pushes(repo, issue, alice, carol):
    watch(actor=Actor(user=carol), repository=repo, level="custom", kinds=["push"])
    assert notify(activity_id=comment(alice, issue).pk) == 1  # bob
    push = Activity.objects.create(
        repository=repo, user=alice, verb="pushed", subject="main", data={"ref": "refs/heads/main"}
    )
    assert notify(activity_id=push.pk) == 1
    assert Notification.objects.get(user=carol).url == "/commits/main"


def test_who_closes_it_hears_what_is_said_then_until_they_leave_it(repo, issue, alice, bob, carol):
    closed = tell(actor=Actor(user=carol), verb="closed issue", topic=issue)
    notify(activity_id=closed.pk)
    notify(activity_id=comment(alice, issue).pk)
    assert told(carol) == [("state", 1, True)]
    unsubscribe(user=carol, topic=issue)
    notify(activity_id=comment(alice, issue).pk)
    assert told(carol) == [("state", 1, True)]


def test_own_actions_when_wanted(repo, issue, bob):
    NotificationSettings.objects.create(user=bob, own_actions=True)
    assert notify(activity_id=comment(bob, issue).pk) == 1


def test_who_lost_access_hears_nothing_and_sees_nothing_old(repo, issue, alice, bob, browser_of):
    """A former collaborator must not read in their inbox what a private repository goes on to talk about."""
    watch(actor=Actor(user=bob), repository=repo, level="all")
    notify(activity_id=comment(alice, issue).pk)
    browser = browser_of(bob)
    assert b"Loss is NaN" in browser.get("/-/notifications").content
    remove_collaborator(actor=Actor(user=alice), repository=repo, user=bob)
    assert notify(activity_id=comment(alice, issue, mentions=[bob]).pk) == 0
    assert told(bob) == [("author", 1, True)]
    assert (unread_count(Actor(user=bob)), matching(Actor(user=bob), InboxQuery(folder="all")).count()) == (0, 0)
    page = browser.get("/-/notifications?in=all").content
    assert b"Loss is NaN" not in page and b"alice/stones" not in page
    number = Notification.objects.get(user=bob).pk
    browser.post("/-/notifications", {"action": "save", "notice": [number]})
    assert not Notification.objects.get(user=bob).is_saved


def test_many_watchers_cost_few_queries(repo, issue, alice, django_assert_max_num_queries):
    Repository.objects.filter(pk=repo.pk).update(visibility=Visibility.PUBLIC)
    people = User.objects.bulk_create([User(username=f"w{number}", password="!") for number in range(700)])
    Watch.objects.bulk_create([Watch(user=user, repository=repo) for user in people])
    activity = comment(alice, issue)
    # Two batches of people; rows are written a hundred at a time.
    with django_assert_max_num_queries(30):
        assert notify(activity_id=activity.pk) == 701


def test_what_is_recorded_asks_for_a_job_only_when_it_is_news(repo, issue, alice):
    Job.objects.all().delete()
    activity = comment(alice, issue)
    tell(actor=Actor(user=alice), verb="labelled issue", topic=issue)
    assert list(Job.objects.filter(task="collab.notify").values_list("object_id", flat=True)) == [activity.pk]


def test_a_comment_reaches_the_inbox_by_its_job(repo, issue, alice, bob):
    post_comment(actor=Actor(user=alice), topic=issue, body="Which batch?")
    job = Job.objects.filter(task="collab.notify").latest("pk")
    tasks.notify(job.pk)
    tasks.notify(job.pk)
    job.refresh_from_db()
    assert (job.state, told(bob)) == (Job.State.DONE, [("author", 1, True)])
    # Said in words that a page can show beside the title.
    row = Notification.objects.get(user=bob)
    assert (row.title, row.url, row.comment.body) == ("Loss is NaN after step 300", "/issues/1", "Which batch?")


def test_who_makes_a_repository_watches_it_unless_not_wanted(alice, bob):
    NotificationSettings.objects.create(user=bob, watch_new=False)
    for owner in (alice, bob):
        made = make_repo(owner, "gravel")
        notify(activity_id=Activity.objects.get(repository=made, verb="created repository").pk)
    assert list(Watch.objects.values_list("user__username", "level")) == [("alice", "all")]


def test_inbox_costs_the_same_for_one_and_three(repo, alice, bob, browser_of, django_assert_num_queries):
    browser = browser_of(alice)
    watch(actor=Actor(user=alice), repository=repo, level="all")
    for number in (1, 2, 3):
        topic = new_topic(actor=Actor(user=bob), repository=repo, kind=Kind.ISSUE, title=f"Issue {number}")
        notify(activity_id=tell(actor=Actor(user=bob), verb="opened issue", topic=topic).pk)
        if number != 2:
            with django_assert_num_queries(4):
                assert f"Issue {number}".encode() in browser.get("/-/notifications").content


def test_page_that_is_open_reads_its_notice(repo, issue, alice, bob, browser_of, django_assert_num_queries):
    notify(activity_id=comment(alice, issue).pk)
    star(actor=Actor(user=bob), repository=repo)
    browser = browser_of(bob)
    with django_assert_num_queries(5):
        answer = browser.get("/-/notifications/here", {"path": "/alice/stones/issues/1"}).json()
    assert answer == {"unread": 1, "most": 100, "here": True, "starred": True, "watch": "participating"}
    assert not browser.get("/-/notifications/here", {"path": "/alice/stones/issues/11"}).json()["here"]
    assert told(bob) == [("author", 1, True)]  # Looking writes nothing.
    browser.post("/-/notifications/seen", {"path": "/alice/stones/issues/1"})
    assert told(bob) == [("author", 1, False)]


def test_lists_are_narrowed_paged_and_marked(repo, alice, bob, browser_of):
    for number in range(55):
        topic = new_topic(actor=Actor(user=bob), repository=repo, kind=Kind.ISSUE, title=f"Issue {number}.")
        subscribe(user=alice, reason="assigned", topic=topic)
        notify(activity_id=tell(actor=Actor(user=bob), verb="assigned issue", topic=topic, users=[alice]).pk)
    browser = browser_of(alice)
    first = browser.get("/-/notifications?reason=assigned&group=repository")
    second = browser.get("/-/notifications" + first.context["next"])
    seen = [line.notice.pk for page in (first, second) for line in page.context["lines"]]
    assert len(seen) == 55 and len(set(seen)) == 55
    assert browser.get("/-/notifications?kind=pull").context["lines"] == []
    assert browser.get("/-/notifications?reason=weather").status_code == 400
    assert browser.get("/-/notifications?before=x").status_code == 400
    browser.post("/-/notifications?reason=assigned", {"action": "read", "all": "1"})
    assert unread_count(Actor(user=alice)) == 0


@pytest.mark.parametrize(
    "given", [{}, {"action": "read"}, {"action": "eat", "notice": "1"}, {"action": "read", "notice": "x"}]
)
def test_inbox_refuses_what_it_does_not_know(alice, browser_of, given):
    assert browser_of(alice).post("/-/notifications", given).status_code == 400


def test_watch_page_changes_what_is_heard(repo, carol, browser_of):
    browser = browser_of(carol)
    assert browser.post("/alice/stones/watch", {"level": "custom"}).status_code == 400
    assert browser.post("/alice/stones/watch", {"level": "custom", "kinds": ["pull", "nonsense"]}).status_code == 302
    assert Watch.objects.values_list("level", "kinds").get(user=carol) == ("custom", ["pull"])
    browser.post("/alice/stones/watch", {"level": "participating"})
    assert not Watch.objects.filter(user=carol).exists()


def test_subscription_of_a_topic(repo, issue, carol, browser_of):
    browser = browser_of(carol)
    where = "/alice/stones/subscription"
    for state, row in (("subscribed", False), ("muted", True)):
        answer = browser.post(where, {"topic": "1", "state": state, "next": "//evil.example/"})
        assert answer["Location"] == "/alice/stones/issues/1"
        assert Subscription.objects.get(user=carol).is_muted is row
    browser.post(where, {"topic": "1", "state": "unsubscribed"})
    assert not Subscription.objects.filter(user=carol).exists()
    assert browser.post(where, {"topic": "77", "state": "muted"}).status_code == 404


def test_stars_are_counted_and_listed_as_far_as_they_may_be_seen(repo, alice, carol, mallory, browser_of):
    assert browser_of(carol).post("/alice/stones/star", headers={"accept": "application/json"}).json() == {
        "starred": True, "count": 1,
    }  # fmt: skip
    assert not star(actor=Actor(user=carol), repository=repo)
    assert browser_of(alice).get("/carol/?tab=stars").context["page"].paginator.count == 1
    assert browser_of(mallory).get("/carol/?tab=stars").context["page"].paginator.count == 0
    unstar(actor=Actor(user=carol), repository=repo)
    assert Repository.objects.get(pk=repo.pk).stars_count == 0


def test_explore_sorts_by_stars(alice, bob, browser_of):
    for name, fans in (("plain", []), ("loved", [alice, bob]), ("liked", [bob])):
        made = make_repo(alice, name, visibility=Visibility.PUBLIC)
        for fan in fans:
            star(actor=Actor(user=fan), repository=made)
    page = browser_of(None).get("/-/explore?sort=stars").context["page"]
    assert [row.name for row in page] == ["loved", "liked", "plain"]
