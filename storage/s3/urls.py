"""Hands everything below `/<owner>/<repo>.s3` and `/api/v1/repo-buckets/s3/<owner>` to the door."""

from __future__ import annotations

from django.urls import re_path

from storage.s3.door import door

app_name = "s3"
urlpatterns = [re_path(r"^(?P<rest>(?:/[\s\S]*)?)$", door, name="door")]
