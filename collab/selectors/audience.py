"""Who hears of something that happened, and why: followers, those it concerns, watchers, as far as they may read it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from accounts.models import Team
from collab.models import Subscription, Thread, Topic, Watch
from collab.selectors.readers import readers_of
from repos.models import Activity, Repository

# Why somebody is told, the weightiest first: who has several reasons is given the first.
REASONS = {
    "mentioned": "You were mentioned",
    "review": "Your review was asked for",
    "assigned": "You were assigned",
    "team": "A team of yours was named",
    "author": "You began this",
    "state": "You changed its state",
    "commented": "You took part",
    "subscribed": "You follow this",
    "watching": "You watch the repository",
}
RANK = {reason: number for number, reason in enumerate(REASONS)}
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened, as notices tell it: `url` is below the repository's own, `kind` as in WATCH_KINDS."""

    activity: Activity
    repository: Repository
    kind: str
    title: str
    url: str
    topic: Topic | None = None
    thread: Thread | None = None


@dataclass(frozen=True, slots=True)
class Hearer:
    """Somebody who is told: why, and how they want mail (`mail` is "" where no mail can reach them)."""

    user_id: int
    reason: str
    mail: str
    digest_at: int


def hearers(news: News) -> Iterator[list[Hearer]]:
    """Everybody who is told, in batches of at most AT_ONCE: few queries each, however many watch."""
    reasons = _reasons(news)
    actor = news.activity.user_id
    everybody = sorted(reasons)
    for start in range(0, len(everybody), AT_ONCE):
        batch = everybody[start : start + AT_ONCE]
        found = readers_of(news.repository).filter(pk__in=batch).values_list(
            "pk", "email", "notification_settings__mail", "notification_settings__digest_at",
            "notification_settings__own_actions",
        )  # fmt: skip
        yield [
            Hearer(pk, reasons[pk], (mail or "each") if email else "", 7 if hour is None else hour)
            for pk, email, mail, hour, own in found
            if own or pk != actor
        ]


def _reasons(news: News) -> dict[int, str]:
    """The weightiest reason of each person, those left out who want to hear nothing."""
    found: dict[int, str] = {}
    silent: set[int] = set()

    def add(people: Collection[int], reason: str) -> None:
        for pk in people:
            found[pk] = min(found.get(pk, reason), reason, key=RANK.__getitem__)

    for user, level, kinds in Watch.objects.filter(repository=news.repository).values_list("user", "level", "kinds"):
        if level == Watch.Level.IGNORE:
            silent.add(user)
        elif (level == Watch.Level.ALL and news.kind != "push") or (level == Watch.Level.CUSTOM and news.kind in kinds):
            add([user], "watching")
    for user, reason, is_muted in _subscriptions(news):
        if is_muted:
            silent.add(user)
        else:
            add([user], reason if reason in RANK else "subscribed")
    for reason, people in _concerned(news).items():
        add(people, reason)
    return {pk: reason for pk, reason in found.items() if pk not in silent}


def _subscriptions(news: News) -> list[tuple[int, str, bool]]:
    wanted = Q()
    if news.topic is not None:
        wanted |= Q(topic=news.topic)
    if news.thread is not None:
        wanted |= Q(thread=news.thread)
    if not wanted:
        return []
    return list(Subscription.objects.filter(wanted).values_list("user", "reason", "is_muted"))


def _concerned(news: News) -> dict[str, Collection[int]]:
    """Those whom the thing itself names, by reason."""
    data, verb = news.activity.data, news.activity.verb
    named: dict[str, Collection[int]] = {"mentioned": _ids(data, "mentions")}
    if verb.startswith("assigned"):
        named["assigned"] = _ids(data, "users")
    if verb == "requested review":
        named["review"] = _ids(data, "users")
    teams = _ids(data, "teams")
    if teams:
        named["team"] = set(Team.members.through.objects.filter(team__in=teams).values_list("user", flat=True))
    return named


def _ids(data: dict[str, Any], key: str) -> set[int]:
    """The numbers of a list in an activity's data; what is none is left out."""
    given = data.get(key)
    return {each for each in given if isinstance(each, int)} if isinstance(given, list) else set()
