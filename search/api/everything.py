"""Search over everything, as programs ask it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.door import Door, answer, base_url, number_of
from accounts.api.people import Problem
from hub.lib.errors import Invalid
from search import query as language
from search.models import Kind
from search.selectors import MOST_PAGES, find


class HitShape(serializers.Serializer[Any]):
    """Something found."""

    kind = serializers.ChoiceField(Kind.values)
    title = serializers.CharField()
    html_url = serializers.CharField()
    repository = serializers.CharField(allow_blank=True, help_text="owner/name; empty for people.")
    facts = serializers.CharField(allow_blank=True)
    excerpt = serializers.CharField(allow_blank=True, help_text="A few words around the first hit.")


class FoundShape(serializers.Serializer[Any]):
    """A page of hits."""

    total = serializers.IntegerField(help_text="Of all kinds; counted to 5000.")
    counts = serializers.DictField(help_text="By kind.")
    alike = serializers.BooleanField(help_text="Nothing holds the words: these titles look alike.")
    hits = HitShape(many=True)


class Search(Door):
    """Everything that the caller may see."""

    @extend_schema(
        operation_id="search", tags=["search"], responses={200: FoundShape, 400: Problem},
        parameters=[
            OpenApiParameter("q", str, description="Words, phrases in quotes, repo:owner/name, owner:name, kind:run."),
            OpenApiParameter("kind", str, description=f"One of {', '.join(Kind.values)}."),
            OpenApiParameter("page", int, description="From 1 to 50, of 20 hits each."),
        ],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """What holds all the words, the best first; what one may not see is in no answer and no count."""
        text, kind = request.query_params.get("q", ""), request.query_params.get("kind", "")
        if kind and kind not in Kind.values:
            raise Invalid(f"kind is one of {', '.join(Kind.values)}.", field="kind")
        query = language.parse(f"{text} kind:{kind}" if kind else text)
        found = find(self.actor, query, page=number_of(request, "page", 1, low=1, high=MOST_PAGES))
        address = base_url(request._request)
        hits = [
            {
                "kind": hit.kind,
                "title": hit.name,
                "html_url": f"{address}{hit.url}",
                "repository": hit.repository,
                "facts": hit.facts,
                "excerpt": "".join(piece.text for piece in hit.excerpt),
            }
            for hit in found.hits
        ]
        return answer({"total": found.total, "counts": found.counts, "alike": found.is_like, "hits": hits})
