"""An inbox with notices of many kinds, watches, stars and a private feed."""

from __future__ import annotations

from accounts.actor import Actor
from accounts.models import User
from collab.models import Kind, Notification, NotificationSettings
from collab.services.comments import post_comment, post_reply
from collab.services.happening import tell
from collab.services.inbox import mark
from collab.services.notifying import notify
from collab.services.subscribing import watch
from collab.services.talk_places import begin_talk
from collab.services.topics import new_topic
from repos.models import Activity, Repository
from repos.services.stars import star

TITLES = (
    "Loss is NaN after step 300 when the batch holds an empty label",
    "Resume training from a checkpoint on another machine with fewer cards and a very long title that wraps on phones",
    "Which learning rate do you use for fine-tuning?",
)


def fill_with_notices(repo: Repository, alice: User, bob: User, carol: User) -> None:
    """alice watches alice/stones and has unread, read, kept and put away notices of it."""
    watch(actor=Actor(user=alice), repository=repo, level="all")
    watch(actor=Actor(user=carol), repository=repo, level="custom", kinds=["pull", "model"])
    NotificationSettings.objects.create(user=alice)
    for user in (alice, bob, carol):
        star(actor=Actor(user=user), repository=repo)
    for title, kind in zip(TITLES, (Kind.ISSUE, Kind.ISSUE, Kind.DISCUSSION), strict=True):
        topic = new_topic(actor=Actor(user=bob), repository=repo, kind=kind, title=title, body="Seen on `main`.")
        tell(actor=Actor(user=bob), verb=f"opened {topic.word}", topic=topic)
        post_comment(actor=Actor(user=bob), topic=topic, body="Can you look, @alice?")
        post_comment(actor=Actor(user=carol), topic=topic, body="Here, too.")
    Activity.objects.create(
        repository=repo, user=carol, verb="promoted version", subject="iris v3", data={"model": "iris"}
    )
    for row in Activity.objects.filter(repository=repo).order_by("pk"):
        notify(activity_id=row.pk)
    rows = list(Notification.objects.filter(user=alice).order_by("pk"))
    mark(actor=Actor(user=alice), numbers=[rows[0].pk], action="save")
    mark(actor=Actor(user=alice), numbers=[rows[1].pk], action="read")


def fill_with_talk(repo: Repository, bob: User, carol: User, run: str) -> None:
    """Talk about lines of src/train.py, about all of it, and about a point of a run."""
    about = [
        ("file", "src/train.py", "lines 2-3", "Why is this *here*? See #1."),
        ("file", "src/train.py", "", "Can this file be split?"),
        ("run", run, "train/loss at step 20", "It stops learning here."),
    ]
    for kind, key, where, body in about:
        thread = begin_talk(
            actor=Actor(user=bob), repository=repo, kind=kind, key=key, where=where, body=body, ref="main"
        )
        post_reply(actor=Actor(user=carol), thread=thread, body="I shall look.")
