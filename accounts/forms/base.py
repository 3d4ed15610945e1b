"""A form which hands its clean values to a service and shows what the service objects to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms

from hub.lib.errors import Conflict, HubError, Invalid, NotFound


class HubForm(forms.Form):
    """Fields are named like the keywords of the service they feed."""

    result: Any = None

    def carried_out(self, verb: Callable[..., Any], **given: Any) -> bool:
        """Whether the input is valid and `verb(**given, **input)` accepted it; `result` holds what it returned."""
        if not self.is_valid():
            return False
        try:
            self.result = verb(**given, **self.cleaned_data)
        except (Invalid, Conflict, NotFound) as error:
            show_error(self, error)
            return False
        return True


def show_error(form: forms.Form, error: HubError) -> None:
    """Put a service's objection beside the field it concerns, or above the form."""
    form.add_error(error.field if error.field in form.fields else None, in_words(error))


def in_words(error: HubError) -> str:
    """What is wrong and what to do, in one line."""
    return " ".join(filter(None, [error.message, error.next_step]))
