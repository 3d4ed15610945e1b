"""The spans of a trace: the steps of the call, as a tree."""

from __future__ import annotations

from django.db import models

from tracing.models.traces import Trace


class Span(models.Model):
    """One step. Ids are hex digits, times in nanoseconds since 1970.

    `content` is JSON of everything that is not a column: kind, attributes, events, links, the status's message. It is
    text, since filters search in it. Tokens and cost repeat two attributes (JSON), so that sums over a trace need
    not read its contents.
    """

    pk = models.CompositePrimaryKey("trace", "span_id")
    trace = models.ForeignKey(Trace, models.CASCADE, related_name="spans", db_index=False)
    span_id = models.CharField(max_length=16)
    parent_id = models.CharField(max_length=16, blank=True)
    name = models.TextField(blank=True)
    type = models.CharField(max_length=250)
    status = models.CharField(max_length=5)
    start_ns = models.BigIntegerField()
    end_ns = models.BigIntegerField(null=True, blank=True)
    tokens = models.TextField(null=True, blank=True)
    cost = models.TextField(null=True, blank=True)
    content = models.TextField()

    def __str__(self) -> str:
        return self.name
