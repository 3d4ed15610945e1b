"""Topics, comments, reviews and the like as the JSON that Gitea writes: what the API answers and webhooks carry.

Rows come with what they need selected and prefetched (collab.selectors.api says how); `address` is the hub's, without a
slash at the end. Members that Gitea has are called as there; ours beyond them stand after.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone

from collab.models import Comment, Kind, Label, Milestone, Notification, PullRequest, Review, Thread, Topic
from repos.models import CommitStatus, Repository
from repos.records import person_record, repository_record
from repos.services.families import is_wider

Json = dict[str, Any]
_REVIEW_STATES = {
    Review.State.PENDING: "PENDING",
    Review.State.COMMENTED: "COMMENT",
    Review.State.APPROVED: "APPROVED",
    Review.State.CHANGES: "REQUEST_CHANGES",
    Review.State.DISMISSED: "DISMISSED",
}


def moment(when: datetime | None) -> str | None:
    """RFC 3339, in UTC; None stays None."""
    return when.isoformat().replace("+00:00", "Z") if when is not None else None


def _midnight(day: date | None) -> str | None:
    return f"{day.isoformat()}T00:00:00Z" if day is not None else None


def label_record(label: Label, repository: Repository, address: str) -> Json:
    """A label; the colour without its sign, as Gitea has it."""
    return {
        "id": label.pk,
        "name": label.name,
        "color": label.colour.removeprefix("#"),
        "description": label.description,
        "exclusive": label.is_exclusive,
        "url": f"{address}/api/v1/repos/{repository.full_name}/labels/{label.pk}",
    }


def milestone_record(milestone: Milestone, *, open_topics: int = 0, closed_topics: int = 0) -> Json:
    """A milestone; its number in the repository is the id that addresses take."""
    return {
        "id": milestone.number,
        "title": milestone.title,
        "description": milestone.description,
        "state": "closed" if milestone.closed_at else "open",
        "open_issues": open_topics,
        "closed_issues": closed_topics,
        "created_at": moment(milestone.created_at),
        "closed_at": moment(milestone.closed_at),
        "due_on": _midnight(milestone.due_on),
    }


def topic_record(topic: Topic, address: str) -> Json:
    """An issue, or what a pull request and a discussion share with one."""
    repository = topic.repository
    folder = "issues" if topic.kind == Kind.ISSUE else "pulls" if topic.kind == Kind.PULL else "discussions"
    return {
        "id": topic.pk,
        "url": f"{address}/api/v1/repos/{repository.full_name}/{folder}/{topic.number}",
        "html_url": f"{address}{topic.get_absolute_url()}",
        "number": topic.number,
        "user": person_record(topic.author, address),
        "title": topic.title,
        "body": topic.body,
        "labels": [label_record(label, repository, address) for label in topic.labels.all()],
        "milestone": milestone_record(topic.milestone) if topic.milestone else None,
        "assignee": next((person_record(user, address) for user in topic.assignees.all()), None),
        "assignees": [person_record(user, address) for user in topic.assignees.all()],
        "state": topic.state,
        "state_reason": topic.reason,
        "is_locked": topic.is_locked,
        "pin_order": 1 if topic.pinned_at else 0,
        "comments": topic.comments_count,
        "created_at": moment(topic.created_at),
        "updated_at": moment(topic.updated_at),
        "closed_at": moment(topic.closed_at),
        "due_date": _midnight(topic.due_on),
        "repository": {
            "id": repository.pk,
            "name": repository.name,
            "owner": repository.owner.slug,
            "full_name": repository.full_name,
        },
    }


def issue_record(topic: Topic, address: str) -> Json:
    """An issue; of a pull request, as lists of issues may hold them, with `pull_request`."""
    pull = topic.pull if topic.kind == Kind.PULL else None
    facts = None
    if pull is not None:
        facts = {"merged": pull.is_merged, "merged_at": moment(pull.merged_at), "draft": pull.is_draft}
    return {**topic_record(topic, address), "pull_request": facts}


def pull_record(pull: PullRequest, address: str) -> Json:
    """A pull request."""
    topic, here = pull.topic, f"{address}/{pull.repository.full_name}/pulls/{pull.topic.number}"
    return {
        **topic_record(topic, address),
        "draft": pull.is_draft,
        "merged": pull.is_merged,
        "mergeable": pull.check_state == PullRequest.Check.CLEAN,
        "merged_at": moment(pull.merged_at),
        "merged_by": person_record(pull.merged_by, address) if pull.merged_by else None,
        "merge_commit_sha": pull.merge_commit or None,
        "merge_base": pull.merge_base,
        "allow_maintainer_edit": pull.allow_edits,
        "additions": pull.additions,
        "deletions": pull.deletions,
        "changed_files": pull.changed_files,
        "base": _side(pull.repository, pull.base_branch, pull.base_commit, address),
        "head": _side(_told_head(pull), pull.head_branch, pull.head_commit, address),
        "diff_url": f"{here}.diff",
        "conflicts": pull.conflicts,
    }


def _told_head(pull: PullRequest) -> Repository | None:
    # SECURITY: what a private fork is called and described as is not for everybody who reads a public base.
    head = pull.head_repository
    return None if head is not None and is_wider(pull.repository.visibility, head.visibility) else head


def _side(repository: Repository | None, branch: str, commit: str, address: str) -> Json:
    return {
        "label": branch,
        "ref": branch,
        "sha": commit,
        "repo_id": repository.pk if repository else 0,
        "repo": repository_record(repository, address) if repository else None,
    }


def comment_record(comment: Comment, address: str) -> Json:
    """A comment of a topic, or of a thread about a place."""
    topic = comment.topic or (comment.thread.topic if comment.thread else None)
    page = f"{address}{topic.get_absolute_url()}" if topic else f"{address}/{comment.repository.full_name}/talk"
    is_pull = topic is not None and topic.kind == Kind.PULL
    return {
        "id": comment.pk,
        "html_url": f"{page}#comment-{comment.pk}",
        "issue_url": page if topic and not is_pull else "",
        "pull_request_url": page if is_pull else "",
        "user": person_record(comment.author, address),
        "body": comment.body,
        "created_at": moment(comment.created_at),
        "updated_at": moment(comment.edited_at or comment.created_at),
        "thread": comment.thread_id,
        "hidden_reason": comment.hidden_reason,
    }


def thread_record(thread: Thread, address: str) -> Json:
    """Talk about a place: of a change, a file, a run, a model version."""
    return {
        "id": thread.pk,
        "subject": thread.subject,
        "key": thread.key,
        "place": thread.place,
        "commit": thread.commit,
        "outdated": thread.is_outdated,
        "resolved": thread.resolved_at is not None,
        "resolved_at": moment(thread.resolved_at),
        "resolver": person_record(thread.resolved_by, address) if thread.resolved_by else None,
        "user": person_record(thread.author, address),
        "comments_count": thread.comments_count,
        "created_at": moment(thread.created_at),
        "updated_at": moment(thread.updated_at),
    }


def review_record(review: Review, address: str) -> Json:
    """A review of a pull request."""
    topic = review.pull.topic
    return {
        "id": review.pk,
        "user": person_record(review.author, address),
        "state": _REVIEW_STATES[Review.State(review.state)],
        "body": review.body,
        "commit_id": review.commit,
        "stale": review.is_stale,
        "official": review.is_official,
        "dismissed": review.state == Review.State.DISMISSED,
        "submitted_at": moment(review.submitted_at),
        "updated_at": moment(review.submitted_at or review.created_at),
        "html_url": f"{address}{topic.get_absolute_url()}#review-{review.pk}",
    }


def status_record(status: CommitStatus, address: str) -> Json:
    """What one check says about a commit."""
    return {
        "id": status.pk,
        "status": status.state,
        "context": status.context,
        "description": status.description,
        "target_url": status.target_url,
        "creator": person_record(status.creator, address),
        "created_at": moment(status.created_at),
        "updated_at": moment(status.created_at),
    }


def notice_record(notice: Notification, address: str) -> Json:
    """A line of an inbox."""
    kinds = {"issue": "Issue", "pull": "Pull", "push": "Repository"}
    return {
        "id": notice.pk,
        "repository": repository_record(notice.repository, address),
        "subject": {
            "title": notice.title,
            "html_url": f"{address}{notice.url}",
            "type": kinds.get(notice.kind, notice.kind.capitalize()),
        },
        "reason": notice.reason,
        "unread": notice.is_unread,
        "pinned": notice.is_saved,
        "updated_at": moment(notice.updated_at or timezone.now()),
    }
