"""What may be said about traces: ids, tags, metadata, times and counts, in the words of the MLflow protocol.

Every function returns the value to store or raises Invalid; none looks at the database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from hub.lib.errors import Invalid, NotFound
from tracing.models.traces import MAX_KEY, MAX_TRACE_ID, TraceState
from tracking.rules import check_key, check_text, invalid_value, missing, too_long

TRACE_NAME = "mlflow.traceName"
SOURCE_RUN = "mlflow.sourceRun"
SESSION = "mlflow.trace.session"
USER = "mlflow.trace.user"
TOKENS = "mlflow.trace.tokenUsage"
COST = "mlflow.trace.cost"
SIZE_STATS = "mlflow.trace.sizeStats"
FINALIZED = "mlflow.trace.infoFinalized"
ARTIFACT_LOCATION = "mlflow.artifactLocation"
SPANS_LOCATION = "mlflow.trace.spansLocation"
_ARCHIVAL_FAILURE = "mlflow.trace.archivalFailure"
# What the server says about a trace; nobody else may.
IMMUTABLE_TAGS = frozenset({ARTIFACT_LOCATION, SPANS_LOCATION, "mlflow.trace.archiveLocation", _ARCHIVAL_FAILURE})

MAX_TAG_VALUE = 8000
MAX_METADATA_VALUE = 8000
MAX_TRACE_NAME = 4096
MAX_SESSION = 250
MAX_PREVIEW = 10_000
MAX_RESULTS = 500
MAX_LINKS = 100
LAST_MS = 253_402_300_799_999  # The calendar ends in the year 9999.

_unfit = re.compile(r"[/\\%?#\x00-\x1f\x7f]|\.\.")
_seconds = re.compile(r"([0-9]{1,15})(?:\.([0-9]{0,9}))?s")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_states = {state.value for state in TraceState}


def trace_not_found(trace_id: str) -> NotFound:
    """The protocol's sentence for an unknown trace."""
    return NotFound(f"Trace with ID '{trace_id}' not found.", field="trace_id")


def assessment_not_found(trace_id: str, assessment_id: str) -> NotFound:
    """The protocol's sentence for an unknown judgement."""
    return NotFound(f"Assessment with ID '{assessment_id}' not found for trace '{trace_id}'", field="assessment_id")


def check_trace_id(trace_id: str) -> str:
    """An id without characters that have a meaning in addresses, at most 250."""
    if not trace_id:
        raise missing("trace_id")
    if len(trace_id) > MAX_TRACE_ID:
        raise too_long("trace_id", MAX_TRACE_ID)
    if _unfit.search(trace_id):
        raise invalid_value("trace_id", trace_id)
    return check_text(trace_id, path="trace_id")


def check_state(word: str | None) -> str:
    """A state of a trace; unknown when none is given."""
    if not word:
        return TraceState.STATE_UNSPECIFIED.value
    if word not in _states:
        raise invalid_value("state", word)
    return word


def check_ms(value: int, *, path: str) -> int:
    """A time in milliseconds that the calendar has."""
    if not 0 <= value <= LAST_MS:
        raise invalid_value(path, value, "It must be a time between the years 1970 and 9999, in milliseconds.")
    return value


def check_tag(key: str, value: str) -> tuple[str, str]:
    """A tag as it is stored: the trace's name has at most 4,096 characters, other values are cut at 8,000."""
    check_key(key)
    check_text(value, path="value")
    if key == TRACE_NAME and len(value) > MAX_TRACE_NAME:
        raise too_long("Trace name", MAX_TRACE_NAME)
    return key, value[:MAX_TAG_VALUE]


def check_changed_tag(key: str, verb: str) -> None:
    """A tag that clients may set or delete (`verb`)."""
    if key in IMMUTABLE_TAGS and not (verb == "deleted" and key == _ARCHIVAL_FAILURE):
        raise Invalid(f"Tag '{key}' is immutable and cannot be {verb} on a trace.", field="key")


def given_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of a new trace without those that the server sets."""
    return dict(check_tag(key, value) for key, value in tags.items() if key not in IMMUTABLE_TAGS)


def told_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that spans bring along; what cannot be a tag is left out, since it was not meant as one."""
    found: dict[str, str] = {}
    for key, value in tags.items():
        if key == TRACE_NAME or not _is_fault(key, value):
            found.update([check_tag(key, value)])
    return {key: value for key, value in found.items() if key not in IMMUTABLE_TAGS}


def _is_fault(key: str, value: str) -> bool:
    try:
        check_tag(key, value)
    except Invalid:
        return True
    return False


def given_metadata(pairs: Mapping[str, str]) -> dict[str, str]:
    """The metadata of a new trace; long values are cut."""
    found = {}
    for key, value in pairs.items():
        if not key:
            raise missing("trace_metadata.key")
        if len(check_text(key, path="trace_metadata")) > MAX_KEY:
            raise too_long("key", MAX_KEY)
        if key == SESSION:
            check_session(value)
        found[key] = check_text(value, path=f"trace_metadata[{key}]")[:MAX_METADATA_VALUE]
    return found


def check_session(session: str) -> str:
    """A session's id."""
    if len(session) > MAX_SESSION:
        raise too_long("Session ID", MAX_SESSION)
    return session


def check_preview(text: str | None, *, path: str) -> str | None:
    """A preview; clients cut it at 1,000 characters."""
    return None if text is None else check_text(text, path=path)[:MAX_PREVIEW]


def check_links(trace_ids: Iterable[str]) -> list[str]:
    """The ids of a request that links traces, without repetitions; at most 100."""
    found = list(dict.fromkeys(trace_ids))
    if len(found) > MAX_LINKS:
        raise Invalid(
            f"Cannot link more than {MAX_LINKS} traces to a run in a single request. Provided {len(found)} traces."
        )
    return found


def parse_timestamp(text: str, *, path: str) -> int:
    """`2026-11-20T09:08:14.836Z` → milliseconds since 1970."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(text)
        return check_ms((moment - _EPOCH) // timedelta(milliseconds=1), path=path)
    except (ValueError, OverflowError):
        raise invalid_value(path, text, "It must be a time such as 2026-11-20T09:08:14.836Z.") from None


def show_timestamp(ms: int) -> str:
    """Milliseconds since 1970 → `2026-11-20T09:08:14.836Z`."""
    moment = _EPOCH + timedelta(milliseconds=min(max(ms, 0), LAST_MS))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_duration(text: str, *, path: str) -> int:
    """`0.123s` → milliseconds."""
    match = _seconds.fullmatch(text)
    if match is None:
        raise invalid_value(path, text, "It must be a duration such as 0.123s, not negative.")
    return check_ms(int(match[1]) * 1000 + int((match[2] or "")[:3].ljust(3, "0")), path=path)


def show_duration(ms: int) -> str:
    """Milliseconds → `0.123s`."""
    whole, rest = divmod(max(ms, 0), 1000)
    return f"{whole}.{rest:03d}s"
