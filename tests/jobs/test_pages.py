"""The administrators' page of background work."""

from __future__ import annotations

import pytest

from jobs.models import Job


@pytest.fixture
def browser(browser_of, root):
    return browser_of(root)


@pytest.fixture
def failed(db) -> Job:
    return Job.objects.create(
        task="repos.after_push", object_id=7, state="failed", attempts=5, error="TimeoutError: git"
    )


def test_jobs_are_listed_by_state(browser, failed):
    Job.objects.create(task="repos.maintain", state="done")
    assert b"TimeoutError: git" in browser.get("/-/admin/jobs").content
    assert b"TimeoutError" not in browser.get("/-/admin/jobs?state=done").content
    assert browser.get("/-/admin/jobs?state=nonsense&page=x").status_code == 200


def test_part_answers_htmx(browser, failed):
    part = browser.get("/-/admin/jobs", headers={"HX-Request": "true"}).content
    assert b"TimeoutError" in part
    assert b"<html" not in part


def test_error_text_is_only_text(browser, failed):
    """The attack: a file name that ends up in an error message brings a script into the page."""
    Job.objects.update(error="<script>alert(1)</script>")
    assert b"<script>alert" not in browser.get("/-/admin/jobs").content


def test_failed_job_is_tried_again_once(browser, failed, monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr("jobs.services.send", lambda job, **_: sent.append(job.pk))
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(f"/-/admin/jobs/{failed.pk}/retry").status_code == 302
        assert browser.post(f"/-/admin/jobs/{failed.pk}/retry").status_code == 409
    failed.refresh_from_db()
    assert (failed.state, failed.attempts, sent) == ("waiting", 0, [failed.pk])
    assert browser.post("/-/admin/jobs/999999/retry").status_code == 404


def test_only_administrators_retry(browser_of, alice, failed):
    assert browser_of(alice).post(f"/-/admin/jobs/{failed.pk}/retry").status_code == 403
    assert browser_of(None).post(f"/-/admin/jobs/{failed.pk}/retry").status_code == 404
    assert browser_of(alice).get("/-/admin/jobs").status_code == 403
    failed.refresh_from_db()
    assert failed.state == "failed"


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same_for_any_number(browser, count, django_assert_num_queries):
    for number in range(count):
        Job.objects.create(task="t", object_id=number)
    with django_assert_num_queries(5):
        browser.get("/-/admin/jobs")
