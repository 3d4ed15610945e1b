"""Leads from where a run was to where it is: its former addresses stay good when it moves to another experiment."""

from __future__ import annotations

import re
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from hub.lib.errors import NotFound
from repos.access import open_repo
from repos.views.frame import READING, View, actor_of
from tracking.selectors.run_ids import experiment_number

_PLACE = re.compile(r"/experiments/[0-9]+/runs/")


def following(page: View) -> View:
    """A page of a run that, where its experiment has no such run, leads to the same page in the one that has it."""

    @wraps(page)
    def found(request: HttpRequest, owner: str, name: str, number: int, run: str, **rest: Any) -> HttpResponseBase:
        try:
            return page(request, owner, name, number=number, run=run, **rest)
        except NotFound:
            if request.method not in READING:  # What was to be done is not done elsewhere unasked.
                raise
            # SECURITY: the doorman is asked again, so that nobody learns of runs that they may not see.
            here = experiment_number(open_repo(actor_of(request), owner, name), run)
            if here is None or here == number:
                raise
        return redirect(_PLACE.sub(f"/experiments/{here}/runs/", request.get_full_path(), count=1))

    return found
