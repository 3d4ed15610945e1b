"""Reviews of pull requests, their comments, and who is asked for one."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.door import answer, text_of
from accounts.api.people import Problem
from accounts.models import Team
from collab.access import check_talk
from collab.api.door import PAGING, list_of, long_text, people_in
from collab.api.pulls import PullDoor
from collab.api.shapes import CommentShape, ReviewShape, ThreadShape
from collab.models import Comment, PullRequest, Review, Thread
from collab.records import comment_record, review_record, thread_record
from collab.services import reviews as services
from collab.services.comments import resolve_thread
from collab.services.places import Spot, begin_at_spot, find_spot
from collab.services.review_requests import request_reviews, withdraw_request
from hub.lib.errors import Invalid, NotFound
from repos.api.door import Json
from repos.git.diffs import EMPTY_TREE

EVENTS = {
    "APPROVED": Review.State.APPROVED,
    "APPROVE": Review.State.APPROVED,
    "REQUEST_CHANGES": Review.State.CHANGES,
    "COMMENT": Review.State.COMMENTED,
}
MOST_COMMENTS = 100


class NewReview(serializers.Serializer[Any]):
    """A judgement, with comments on lines."""

    event = serializers.ChoiceField(list(EVENTS))
    body = serializers.CharField(required=False, allow_blank=True)
    commit_id = serializers.CharField(required=False, help_text="Approve only if the head is this commit.")
    comments = serializers.ListField(
        required=False, help_text="Objects with `path`, `body`, and `new_position` or `old_position` (a line)."
    )


class Dismissal(serializers.Serializer[Any]):
    """Why a review does not count any more."""

    message = serializers.CharField()


class Asked(serializers.Serializer[Any]):
    """Who is asked for a review."""

    reviewers = serializers.ListField(child=serializers.CharField(), required=False, help_text="User names.")
    team_reviewers = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Teams of the organisation."
    )


class Resolution(serializers.Serializer[Any]):
    """Whether a thread is settled."""

    resolved = serializers.BooleanField()


_asked = {204: None, 400: Problem, 403: Problem, 404: Problem}


class _ReviewDoor(PullDoor):
    def review(self, pull: PullRequest) -> Review:
        """The review that the address names; raises NotFound."""
        # SECURITY: a review that is not sent yet is nobody's but its author's, and they see it on the page.
        rows = Review.objects.exclude(state=Review.State.PENDING).select_related("author")
        found = rows.filter(pull=pull, pk=min(self.kwargs["review"], 2**63 - 1)).first()
        if found is None:
            raise NotFound("There is no such review here.")
        found.pull = pull
        return found


class Reviews(PullDoor):
    """Reviews of a pull request."""

    @extend_schema(
        operation_id="reviews", tags=["reviews"], parameters=PAGING,
        responses={200: ReviewShape(many=True), 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Those that were sent, the oldest first."""
        pull = self.pull(self.open())
        rows = pull.reviews.exclude(state=Review.State.PENDING).select_related("author").order_by("pk")
        found, headers = self.paged(request, rows)
        for row in found:
            row.pull = pull
        return answer([review_record(row, self.address) for row in found], headers=headers)

    @extend_schema(
        operation_id="send_review", tags=["reviews"], request=NewReview,
        responses={201: ReviewShape, 400: Problem, 403: Problem, 404: Problem, 409: Problem},
    )  # fmt: skip
    def post(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Judge the head, with comments on lines sent all at once: all of it or nothing."""
        repository, fields = self.open(), self.fields(request)
        pull, event = self.pull(repository), text_of(fields, "event", most=30).upper()
        if event not in EVENTS:
            raise Invalid(f"event is one of {', '.join(EVENTS)}.", field="event")
        check_talk(self.actor, repository, pull.topic)
        # Found beforehand: git works while nobody waits to write.
        said = [(self._spot(pull, each), long_text(each, "body")) for each in _comments(fields)]
        with transaction.atomic():
            review = services.start_review(actor=self.actor, pull=pull)
            for spot, body in said:
                begin_at_spot(actor=self.actor, pull=pull, spot=spot, body=body, review=review)
            sent = services.send_review(
                actor=self.actor,
                pull=pull,
                state=EVENTS[event],
                body=long_text(fields, "body"),
                seen=text_of(fields, "commit_id", most=60),
            )
        sent.pull = pull
        return answer(review_record(sent, self.address), status=201)

    def _spot(self, pull: PullRequest, each: Json) -> Spot:
        path, line = text_of(each, "path", most=500), each.get("new_position") or each.get("old_position") or 0
        if not path or not isinstance(line, int) or isinstance(line, bool) or not 0 <= line < 10**8:
            raise Invalid("Each comment has a path, a body, and the number of a line.", field="comments")
        side = "new" if each.get("new_position") else "old"
        old, new = pull.merge_base or EMPTY_TREE, pull.head_commit
        return find_spot(pull, old=old, new=new, path=path, side=side, start=line, line=line)


def _comments(fields: Json) -> list[Json]:
    rows = fields.get("comments") or []
    if not isinstance(rows, list) or len(rows) > MOST_COMMENTS or any(not isinstance(row, dict) for row in rows):
        raise Invalid(f"comments is a list of at most {MOST_COMMENTS} objects.", field="comments")
    return rows


class OneReview(_ReviewDoor):
    """One review."""

    @extend_schema(operation_id="review", tags=["reviews"], responses={200: ReviewShape, 404: Problem})
    def get(self, request: Request, owner: str, name: str, number: int, review: int) -> Response:
        """The review."""
        return answer(review_record(self.review(self.pull(self.open())), self.address))


class ReviewComments(_ReviewDoor):
    """What a review says about lines."""

    @extend_schema(
        operation_id="review_comments", tags=["reviews"], responses={200: CommentShape(many=True), 404: Problem}
    )
    def get(self, request: Request, owner: str, name: str, number: int, review: int) -> Response:
        """Its comments, the oldest first."""
        found = self.review(self.pull(self.open()))
        rows = Comment.objects.filter(review=found, is_pending=False).order_by("pk")
        rows = rows.select_related("author", "repository__owner", "thread__topic__repository__owner")
        return answer([comment_record(row, self.address) for row in rows])


class Dismissed(_ReviewDoor):
    """The end of a judgement."""

    @extend_schema(
        operation_id="dismiss_review", tags=["reviews"], request=Dismissal,
        responses={200: ReviewShape, 400: Problem, 403: Problem, 404: Problem, 409: Problem},
    )  # fmt: skip
    def post(self, request: Request, owner: str, name: str, number: int, review: int) -> Response:
        """It does not count any more, and everybody sees why; needs write access."""
        found, fields = self.review(self.pull(self.open())), self.fields(request)
        services.dismiss_review(actor=self.actor, review=found, reason=text_of(fields, "message", most=1000))
        return answer(review_record(found, self.address))


class Requested(PullDoor):
    """Who is asked for a review."""

    @extend_schema(operation_id="request_review", tags=["reviews"], request=Asked, responses=_asked)
    def post(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Ask people and teams; the author and writers may."""
        pull, fields = self.pull(self.open()), self.fields(request)
        users = people_in(list_of(fields, "reviewers"), "reviewers")
        request_reviews(actor=self.actor, pull=pull, users=users, teams=_teams(pull, fields))
        return self.nothing()

    @extend_schema(operation_id="withdraw_review_request", tags=["reviews"], request=Asked, responses=_asked)
    def delete(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Ask them no more."""
        pull, fields = self.pull(self.open()), self.fields(request)
        users, teams = people_in(list_of(fields, "reviewers"), "reviewers"), _teams(pull, fields)
        with transaction.atomic():
            for row in pull.review_requests.select_related("user", "team"):
                if row.user in users or row.team in teams:
                    withdraw_request(actor=self.actor, pull=pull, request=row)
        return self.nothing()


def _teams(pull: PullRequest, fields: Json) -> list[Team]:
    names = [str(each).casefold() for each in list_of(fields, "team_reviewers")]
    rows = Team.objects.filter(organization=pull.repository.owner.organization_id or 0) if names else []
    found = [team for team in rows if team.name.casefold() in names]
    if len(found) != len(set(names)):
        raise Invalid("There is no such team.", field="team_reviewers")
    return found


class Threads(PullDoor):
    """Threads on places of the change."""

    @extend_schema(
        operation_id="pull_threads", tags=["reviews"], parameters=PAGING,
        responses={200: ThreadShape(many=True), 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Those with something said in them, the oldest first."""
        pull = self.pull(self.open())
        rows = Thread.objects.filter(topic=pull.topic, comments__is_pending=False).distinct().order_by("pk")
        found, headers = self.paged(request, rows.select_related("author", "resolved_by"))
        return answer([thread_record(row, self.address) for row in found], headers=headers)


class OneThread(PullDoor):
    """One thread."""

    @extend_schema(
        operation_id="resolve_thread", tags=["reviews"], request=Resolution,
        responses={200: ThreadShape, 400: Problem, 403: Problem, 404: Problem},
    )  # fmt: skip
    def patch(self, request: Request, owner: str, name: str, number: int, thread: int) -> Response:
        """Settle it, or open it again."""
        pull, fields = self.pull(self.open()), self.fields(request)
        rows = Thread.objects.filter(topic=pull.topic, comments__is_pending=False).distinct()
        found = rows.select_related("topic__repository__owner", "repository__owner", "author").filter(
            pk=min(thread, 2**63 - 1)
        ).first()  # fmt: skip
        if found is None:
            raise NotFound("There is no such thread here.")
        if not isinstance(fields.get("resolved"), bool):
            raise Invalid("resolved is true or false.", field="resolved")
        resolve_thread(actor=self.actor, thread=found, resolved=fields["resolved"])
        found.refresh_from_db()
        return answer(thread_record(found, self.address))
