"""Background work of the collab room."""

from __future__ import annotations

from celery import shared_task

from jobs.tasks import job_task


@job_task(name="collab.notify")
def notify(activity_id: int) -> None:
    """Tell inboxes of something that happened."""
    from collab.services.notifying import notify as tell

    tell(activity_id=activity_id)


@job_task(name="collab.mail")
def mail(_: int) -> None:
    """Send the mail that is due."""
    from collab.services.mailing import send_due_mail

    send_due_mail()


@shared_task(name="collab.mail_due", ignore_result=True)
def mail_due() -> None:
    """Ask for mail where digests, or what came while another mail waited, are due."""
    from collab.services.mailing import ask_for_mail

    ask_for_mail()


@job_task(name="collab.check_gates")
def check_gates(pull_id: int) -> None:
    """Hold the metric gates of one pull request against its runs."""
    from collab.services.gates import check_gates_by_id

    check_gates_by_id(pull_id)


@shared_task(name="collab.sweep_gates", ignore_result=True)
def sweep_gates() -> None:
    """Hold the metric gates of open pull requests against what has run since."""
    from collab.services.gates import sweep_gates as sweep

    sweep()


@job_task(name="collab.change_topics")
def change_topics(change_id: int) -> None:
    """Change many issues or pull requests as somebody asked."""
    from collab.services.bulk import continue_change

    continue_change(change_id=change_id)


@job_task(name="collab.look_at_pull")
def look_at_pull(pull_id: int) -> None:
    """Bring a pull request up to date with its branches, and merge it if that was ordered."""
    from collab.services.auto_merge import try_auto_merge

    try_auto_merge(pull_id)


@job_task(name="collab.try_auto_merge")
def try_auto_merge(pull_id: int) -> None:
    """Merge a pull request that waits for it, if nothing stands in the way any more."""
    from collab.services.auto_merge import try_auto_merge as attempt

    attempt(pull_id)


@shared_task(name="collab.sweep_auto_merges", ignore_result=True)
def sweep_auto_merges() -> None:
    """Try all merges that wait."""
    from collab.services.auto_merge import sweep_auto_merges as sweep

    sweep()


@job_task(name="collab.read_commits")
def read_commits(activity_id: int) -> None:
    """Read what the messages of pushed commits name and close."""
    from collab.services.commit_references import read_commits_by_id

    read_commits_by_id(activity_id)


@job_task(name="collab.follow_boards")
def follow_boards(topic_id: int) -> None:
    """Move the cards of a topic that was closed or opened again."""
    from collab.services.board_cards import follow_state

    follow_state(topic_id=topic_id)
