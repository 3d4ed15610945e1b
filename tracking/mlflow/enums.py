"""The protocol's enumerations, given by name or number."""

from __future__ import annotations

from tracking import rules
from tracking.selectors.paging import View

_VIEWS = {
    "ACTIVE_ONLY": View.ACTIVE,
    "DELETED_ONLY": View.DELETED,
    "ALL": View.ALL,
    1: View.ACTIVE,
    2: View.DELETED,
    3: View.ALL,
}
_RUN_STATUS = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}
_MODEL_STATUS = {
    "LOGGED_MODEL_PENDING": "PENDING",
    "LOGGED_MODEL_READY": "READY",
    "LOGGED_MODEL_UPLOAD_FAILED": "FAILED",
    1: "PENDING",
    2: "READY",
    3: "FAILED",
}


def _plain(value: str | int) -> str | int:
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 10 else value


def view_of(value: str | int | None, field: str) -> View:
    """ViewType; absent is ACTIVE_ONLY. Raises Invalid for another word."""
    if value is None:
        return View.ACTIVE
    found = _VIEWS.get(_plain(value))
    if found is None:
        raise rules.invalid_value(field, value, "Use ACTIVE_ONLY, DELETED_ONLY or ALL.")
    return found


def run_status(value: str | int | None) -> str:
    """RunStatus by name; "" when absent. Unknown words are left for the service to refuse."""
    plain = "" if value is None else _plain(value)
    return _RUN_STATUS.get(plain, str(plain)) if isinstance(plain, int) else plain


def model_status(value: str | int | None) -> str:
    """LoggedModelStatus as models keep it. Unknown words are left for the service to refuse."""
    return _MODEL_STATUS.get(_plain(value if value is not None else ""), str(value))
