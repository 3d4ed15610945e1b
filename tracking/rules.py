"""What may be logged: keys, values, lengths and counts, with the words in which the MLflow protocol refuses.

Every function returns the value to store or raises Invalid; none looks at the database.
"""

from __future__ import annotations

import json
import math
import posixpath
import re
import sys
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from hub.lib.errors import Invalid

MAX_KEY = 250
MAX_PARAM_VALUE = 6000
MAX_TAG_VALUE = 8000
MAX_EXPERIMENT_TAG_VALUE = 20_000
MAX_EXPERIMENT_NAME = 500
MAX_LOCATION = 2048
MAX_METRICS = 1000
MAX_PARAMS = 100
MAX_TAGS = 100
MAX_ENTITIES = 1000
MAX_DATASET_NAME = 500
MAX_DATASET_DIGEST = 36
RUN_NAME = "mlflow.runName"
LOW, HIGH = -(2**63), 2**63 - 1
LARGEST = sys.float_info.max

SEE = " See the API docs for more information about request parameters."

_key = re.compile(r"[/\w.\- :]*")
_run_id = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}")


class InvalidState(Invalid):
    """The thing is in a state in which this cannot be done; nothing was changed."""

    code = "invalid_state"


class Point(msgspec.Struct, gc=False):
    """One metric value: key, value (NaN and infinities allowed), timestamp (ms since 1970), step.

    `model_id` also attaches it to a logged model, as measured on the dataset named. It is a msgspec struct so that
    a request of a thousand decodes straight into what the service takes.
    """

    key: str
    value: float
    timestamp: int
    step: int = 0
    model_id: str = ""
    dataset_name: str = ""
    dataset_digest: str = ""


def invalid_value(path: str, value: object, why: str = "") -> Invalid:
    """The protocol's sentence for a value that cannot be taken."""
    shown = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return Invalid(f"Invalid value {shown} for parameter '{path}' supplied" + (f": {why}" if why else "."), field=path)


def missing(path: str) -> Invalid:
    """The protocol's sentence for a field that must be there and not be empty."""
    return Invalid(f"Missing value for required parameter '{path}'.{SEE}", field=path)


def too_long(name: str, limit: int) -> Invalid:
    """The protocol's sentence for a text that is too long."""
    return Invalid(f"'{name}' exceeds the maximum length of {limit} characters", field=name)


@lru_cache(maxsize=20_000)
def _key_fault(key: str) -> str:
    """Why a key cannot be used, or an empty string. Remembered, since runs log the same keys again and again."""
    if not _key.fullmatch(key):
        return (
            "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) "
            "and slashes (/)."
        )
    plain = posixpath.normpath(key)
    if plain != key or plain == "." or plain.startswith(("..", "/")):
        return (
            "Names may be treated as files in certain cases, and must not resolve to other names when treated as such. "
            f"This name would resolve to {plain!r}"
        )
    return ""


def check_key(key: str, *, path: str = "key", noun: str = "") -> str:
    """A metric, parameter or tag key: word characters, `/ . - :`, spaces; a plain relative path of ≤ 250 characters."""
    if not key:
        raise missing(path)
    fault = _key_fault(key)
    if fault:
        raise invalid_value(path, key, fault)
    if len(key) > MAX_KEY:
        raise too_long(noun or path, MAX_KEY)
    return key


def check_text(value: str, *, path: str) -> str:
    """Text that every database can hold: refuses NUL and lone surrogates."""
    if "\0" in value:
        raise Invalid(f"The value of '{path}' contains the character NUL, which cannot be stored.", field=path)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Invalid(f"The value of '{path}' is no valid Unicode text.", field=path) from None
    return value


def check_param(key: str, value: str, *, path: str = "") -> tuple[str, str]:
    """A parameter as it is stored: a value above 6,000 characters is cut, as the protocol has it."""
    check_key(key, path=_join(path, "key"), noun="Param key")
    return key, check_text(value, path=_join(path, "value"))[:MAX_PARAM_VALUE]


def check_tag(key: str, value: str, *, path: str = "") -> tuple[str, str]:
    """A run tag as it is stored: a value above 8,000 characters is cut, as the protocol has it."""
    check_key(key, path=_join(path, "key"))
    return key, check_text(value, path=_join(path, "value"))[:MAX_TAG_VALUE]


def check_experiment_tag(key: str, value: str) -> tuple[str, str]:
    """An experiment tag: at most 20,000 characters, refused when longer."""
    check_key(key)
    if len(value) > MAX_EXPERIMENT_TAG_VALUE:
        raise too_long("value", MAX_EXPERIMENT_TAG_VALUE)
    return key, check_text(value, path="value")


def check_points(points: Sequence[Point], *, path: str = "") -> None:
    """Metric points: keys, non-negative 64-bit timestamps, 64-bit steps. `path` is the list's name in the request."""
    if any(_key_fault(key) or len(key) > MAX_KEY for key in {point.key for point in points}):
        for index, point in enumerate(points):
            check_key(point.key, path=_place(path, index, "name"), noun="Metric name")
    for index, point in enumerate(points):
        if not 0 <= point.timestamp <= HIGH:
            why = f"metric '{point.key}' (value={point.value}). Timestamp must be a nonnegative long (64-bit integer) "
            raise invalid_value(_place(path, index, "timestamp"), point.timestamp, why)
        if not LOW <= point.step <= HIGH:
            why = f"metric '{point.key}' (value={point.value}). Step must be a valid long (64-bit integer)."
            raise invalid_value(_place(path, index, "step"), point.step, why)
        if point.model_id:
            _check_dataset(point)


def _check_dataset(point: Point) -> None:
    for name, text, limit in (
        ("model_id", point.model_id, MAX_KEY),
        ("dataset_name", point.dataset_name, MAX_DATASET_NAME),
        ("dataset_digest", point.dataset_digest, MAX_DATASET_DIGEST),
    ):
        if len(check_text(text, path=name)) > limit:
            raise too_long(name, limit)


def stored_value(value: float) -> tuple[float, bool]:
    """The value as a row keeps it: (number, is NaN). Infinities become the largest finite numbers."""
    if -LARGEST <= value <= LARGEST:
        return value, False
    if math.isnan(value):
        return 0.0, True
    return math.copysign(LARGEST, value), False


def check_batch_size(metrics: int, params: int, tags: int) -> None:
    """At most 1000 metrics, 100 parameters, 100 tags and 1000 of all in one request."""
    for noun, most, count in (
        ("metrics", MAX_METRICS, metrics),
        ("params", MAX_PARAMS, params),
        ("tags", MAX_TAGS, tags),
        ("metrics, params, and tags", MAX_ENTITIES, metrics + params + tags),
    ):
        if count > most:
            raise Invalid(
                f"A batch logging request can contain at most {most} {noun}. Got {count} {noun}. "
                f"Please split up {noun} across multiple requests and try again."
            )


def check_unique_params(keys: Sequence[str]) -> None:
    """No parameter twice in one request."""
    if len(set(keys)) == len(keys):
        return
    seen: set[str] = set()
    doubled = [key for key in keys if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
    raise Invalid(
        f"Duplicate parameter keys have been submitted: {doubled}. Please ensure the request contains only one "
        "param value per param key."
    )


def check_experiment_name(name: str) -> str:
    """A name that is not blank, at most 500 characters."""
    if not name.strip():
        raise Invalid(f"Invalid experiment name: '{name}'", field="name")
    if len(name) > MAX_EXPERIMENT_NAME:
        raise too_long("name", MAX_EXPERIMENT_NAME)
    return check_text(name, path="name")


def check_run_id(run_id: str, *, path: str = "run_id") -> str:
    """The form of a run id."""
    if not _run_id.fullmatch(run_id):
        raise invalid_value(path, run_id)
    return run_id


def parse_number(text: str, *, path: str = "experiment_id") -> int:
    """An experiment id as clients send it → its number; raises Invalid when it is none."""
    try:
        number = int(text)
    except ValueError:
        raise Invalid(f"Invalid experiment ID '{text}'. Experiment ID must be a valid integer.", field=path) from None
    return number if LOW <= number <= HIGH else -1  # No experiment has such a number: not found, not an error.


def check_time(value: int, *, path: str) -> int:
    """A time in milliseconds that fits 64 bits."""
    if not LOW <= value <= HIGH:
        raise invalid_value(path, value, "A time must be a 64-bit integer.")
    return value


def _place(path: str, index: int, name: str) -> str:
    return f"{path}[{index}].{name}" if path else name


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
