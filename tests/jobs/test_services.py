"""Jobs survive lost messages and dead workers, and end in a state that tells what happened."""

from __future__ import annotations

import datetime as dt

import pytest
from celery import current_app
from django.db import transaction
from django.utils import timezone

from hub.lib.errors import Invalid
from jobs import services
from jobs.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    """What would have gone to the broker."""
    messages: list[tuple[str, list[int]]] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **rest: messages.append((name, args)))
    return messages


def make_job(**fields) -> Job:
    return Job.objects.create(**{"task": "test.work", "object_id": 7, **fields})


def test_message_leaves_when_the_transaction_commits(sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        job = services.enqueue("test.work", 7)
        assert sent == []
    assert sent == [("test.work", [job.pk])]


def test_same_wish_twice_is_one_job(sent):
    assert services.enqueue("test.work", 7) == services.enqueue("test.work", 7)
    assert services.enqueue("test.work", 8).pk != services.enqueue("test.work", 7).pk


def test_dead_broker_loses_nothing(monkeypatch, sent):
    job = make_job(due_at=timezone.now() - dt.timedelta(minutes=1))

    def refuse(*args, **rest):
        raise ConnectionError("no broker")

    monkeypatch.setattr(current_app, "send_task", refuse)
    services.send(job)
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **rest: sent.append((name, args)))
    assert services.sweep() == 1
    assert sent == [("test.work", [job.pk])]


def test_work_is_done_once_however_often_the_message_comes():
    job, done = make_job(), []
    services.run(job.pk, done.append)
    services.run(job.pk, done.append)
    services.run(job.pk + 1, done.append)
    job.refresh_from_db()
    assert done == [7]
    assert job.state == Job.State.DONE


def test_failure_is_tried_again_and_then_told():
    job = make_job()

    def fail(object_id: int) -> None:
        raise OSError("disk on fire")

    for attempt in range(1, services.MOST_ATTEMPTS + 1):
        services.run(job.pk, fail)
        job.refresh_from_db()
        assert (job.attempts, job.error) == (attempt, "OSError: disk on fire")
    assert job.state == Job.State.FAILED
    assert job.finished_at is not None


def test_errors_that_no_second_try_can_mend_are_final():
    job = make_job()

    def refuse(object_id: int) -> None:
        raise Invalid("not a notebook")

    services.run(job.pk, refuse)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED


def test_sweep_frees_what_a_dead_worker_held_and_forgets_old_work(sent):
    long_ago = timezone.now() - dt.timedelta(days=30)
    held = make_job(state=Job.State.RUNNING, started_at=long_ago, attempts=1)
    hopeless = make_job(state=Job.State.RUNNING, started_at=long_ago, attempts=services.MOST_ATTEMPTS)
    old = make_job(state=Job.State.DONE, finished_at=long_ago)
    services.sweep()
    held.refresh_from_db()
    hopeless.refresh_from_db()
    assert (held.state, hopeless.state) == (Job.State.WAITING, Job.State.FAILED)
    assert not Job.objects.filter(pk=old.pk).exists()
