"""Protected branches, and the people let in by name."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors as people
from accounts.api.door import answer, flag_of, page_of, text_of
from accounts.api.people import Person, Problem, shown_owner
from accounts.levels import Level
from accounts.models import User
from hub.lib.errors import Invalid, NotFound
from repos.api.door import Json, RepoDoor
from repos.api.refs import PAGING
from repos.models import ProtectedBranch
from repos.services import people as services

WHO = {"write": int(Level.WRITE), "admin": int(Level.ADMIN), "nobody": ProtectedBranch.NOBODY}
LEVELS = {"read": Level.READ, "write": Level.WRITE, "admin": Level.ADMIN}
FLAGS = {
    "allow_force_push": "allow_force",
    "allow_deletion": "allow_delete",
    "require_code_owners": "require_code_owners",
    "dismiss_stale_approvals": "dismiss_stale_approvals",
    "block_on_rejected_reviews": "block_on_requested_changes",
    "block_on_open_threads": "block_on_open_threads",
    "block_on_outdated_branch": "require_up_to_date",
}
MOST_CHECKS = 50


class ProtectionShape(serializers.Serializer[Any]):
    """What holds for branches of a name or pattern."""

    rule_name = serializers.CharField(help_text="A branch, or a pattern such as release/*.")
    push_level = serializers.ChoiceField(list(WHO), help_text="Who may push.")
    merge_level = serializers.ChoiceField(list(WHO), help_text="Who may merge pull requests.")
    allow_force_push = serializers.BooleanField()
    allow_deletion = serializers.BooleanField()
    required_approvals = serializers.IntegerField()
    require_code_owners = serializers.BooleanField()
    dismiss_stale_approvals = serializers.BooleanField()
    block_on_rejected_reviews = serializers.BooleanField()
    block_on_open_threads = serializers.BooleanField()
    block_on_outdated_branch = serializers.BooleanField()
    status_check_contexts = serializers.ListField(child=serializers.CharField(), help_text="Checks that must pass.")


class NewProtection(serializers.Serializer[Any]):
    """A rule; one of the same name is replaced where something is said."""

    rule_name = serializers.CharField()
    push_level = serializers.ChoiceField(list(WHO), required=False)
    merge_level = serializers.ChoiceField(list(WHO), required=False)
    allow_force_push = serializers.BooleanField(required=False)
    allow_deletion = serializers.BooleanField(required=False)
    required_approvals = serializers.IntegerField(required=False)
    require_code_owners = serializers.BooleanField(required=False)
    dismiss_stale_approvals = serializers.BooleanField(required=False)
    block_on_rejected_reviews = serializers.BooleanField(required=False)
    block_on_open_threads = serializers.BooleanField(required=False)
    block_on_outdated_branch = serializers.BooleanField(required=False)
    status_check_contexts = serializers.ListField(child=serializers.CharField(), required=False)


class Permission(serializers.Serializer[Any]):
    """What somebody may do."""

    permission = serializers.ChoiceField(list(LEVELS), required=False, help_text="write unless given.")


_ruled = {201: ProtectionShape, 400: Problem, 403: Problem, 404: Problem}


class Protections(RepoDoor):
    """Rules of branches."""

    @extend_schema(
        operation_id="branch_protections", tags=["branch rules"],
        responses={200: ProtectionShape(many=True), 403: Problem, 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str) -> Response:
        """All of them; needs admin access."""
        rules = self.open(Level.ADMIN).protected_branches.order_by("pattern")
        return answer([_shown(rule) for rule in rules])

    @extend_schema(operation_id="protect_branch", tags=["branch rules"], request=NewProtection, responses=_ruled)
    def post(self, request: Request, owner: str, name: str) -> Response:
        """Set a rule; needs admin access."""
        repository, fields = self.open(Level.ADMIN), self.fields(request)
        pattern = text_of(fields, "rule_name") or text_of(fields, "branch_name")
        existing = repository.protected_branches.filter(pattern=pattern).first()
        rule = services.protect_branch(
            actor=self.actor, repository=repository, pattern=pattern, **_wishes(fields, existing)
        )
        return answer(_shown(rule), status=201)


class OneProtection(RepoDoor):
    """One rule; its name may hold slashes."""

    def rule(self) -> ProtectedBranch:
        """The rule that the address names; raises NotFound."""
        rules = self.open(Level.ADMIN).protected_branches.select_related("repository__owner")
        found = rules.filter(pattern=self.kwargs["pattern"].replace("\0", "")).first()
        if found is None:
            raise NotFound("There is no such rule here.")
        return found

    @extend_schema(
        operation_id="branch_protection", tags=["branch rules"],
        responses={200: ProtectionShape, 403: Problem, 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str, pattern: str) -> Response:
        """The rule; needs admin access."""
        return answer(_shown(self.rule()))

    @extend_schema(
        operation_id="unprotect_branch", tags=["branch rules"], responses={204: None, 403: Problem, 404: Problem}
    )
    def delete(self, request: Request, owner: str, name: str, pattern: str) -> Response:
        """Take it away; needs admin access."""
        services.unprotect_branch(actor=self.actor, rule=self.rule())
        return Response(status=204)


class Collaborators(RepoDoor):
    """People let in by name."""

    @extend_schema(
        operation_id="collaborators", tags=["people"], parameters=PAGING,
        responses={200: Person(many=True), 403: Problem, 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str) -> Response:
        """All of them, by name; needs write access."""
        rows = self.open(Level.WRITE).collaborators.select_related("user__owner").order_by("user__username")
        found, headers = page_of(request, list(rows), most=50)
        return answer([shown_owner(row.user.owner) for row in found], headers=headers)


class OneCollaborator(RepoDoor):
    """One person's access by name."""

    def user(self) -> User:
        """The person that the address names; raises NotFound."""
        found = people.owner_named(self.kwargs["username"]).user
        if found is None:
            raise NotFound(f"There is no user {self.kwargs['username']}.")
        return found

    @extend_schema(operation_id="is_collaborator", tags=["people"], responses={204: None, 403: Problem, 404: Problem})
    def get(self, request: Request, owner: str, name: str, username: str) -> Response:
        """204 when they were let in by name, 404 when not; needs write access."""
        if not self.open(Level.WRITE).collaborators.filter(user__username__iexact=username).exists():
            raise NotFound(f"{username} was not let in by name.")
        return Response(status=204)

    @extend_schema(
        operation_id="let_in", tags=["people"], request=Permission,
        responses={204: None, 400: Problem, 403: Problem, 404: Problem},
    )  # fmt: skip
    def put(self, request: Request, owner: str, name: str, username: str) -> Response:
        """Let somebody in, or change what they may; needs admin access."""
        repository, fields = self.open(Level.ADMIN), self.fields(request)
        wanted = text_of(fields, "permission", "write", most=20)
        if wanted not in LEVELS:
            raise Invalid(f"permission is one of {', '.join(LEVELS)}.", field="permission")
        services.set_collaborator(actor=self.actor, repository=repository, user=self.user(), level=LEVELS[wanted])
        return Response(status=204)

    @extend_schema(
        operation_id="remove_collaborator", tags=["people"], responses={204: None, 403: Problem, 404: Problem}
    )
    def delete(self, request: Request, owner: str, name: str, username: str) -> Response:
        """Take their access by name away; needs admin access."""
        repository = self.open(Level.ADMIN)
        services.remove_collaborator(actor=self.actor, repository=repository, user=self.user())
        return Response(status=204)


def _wishes(fields: Json, existing: ProtectedBranch | None) -> Any:
    """What the body says, and for what the service resets where it says nothing, what held before."""
    wishes: Json = {}
    for level in ("push_level", "merge_level"):
        if level in fields:
            word = text_of(fields, level, most=20)
            if word not in WHO:
                raise Invalid(f"{level} is one of {', '.join(WHO)}.", field=level)
            wishes[level] = WHO[word]
    for field, column in FLAGS.items():
        wanted = flag_of(fields, field)
        if wanted is not None:
            wishes[column] = wanted
    if "required_approvals" in fields:
        count = fields["required_approvals"]
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= 20:
            raise Invalid("required_approvals is a number from 0 to 20.", field="required_approvals")
        wishes["required_approvals"] = count
    if "status_check_contexts" in fields:
        wishes["required_checks"] = _contexts(fields["status_check_contexts"])
    kept = ("push_level", "allow_force", "allow_delete")
    return {**({name: getattr(existing, name) for name in kept} if existing else {}), **wishes}


def _contexts(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_CHECKS or any(not isinstance(each, str) for each in value):
        raise Invalid(f"status_check_contexts is a list of at most {MOST_CHECKS} names.", field="status_check_contexts")
    names = [" ".join(each.replace("\0", "").split())[:255] for each in value]
    return list(dict.fromkeys(name for name in names if name))


def _shown(rule: ProtectedBranch) -> Json:
    words = {number: word for word, number in WHO.items()}
    return {
        "rule_name": rule.pattern,
        "push_level": words[rule.push_level],
        "merge_level": words[rule.merge_level],
        **{field: getattr(rule, column) for field, column in FLAGS.items()},
        "required_approvals": rule.required_approvals,
        "status_check_contexts": rule.required_checks,
    }
