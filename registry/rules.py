"""What may be registered: names, aliases, tags, version numbers and stages, in the words of the MLflow protocol.

Every function returns the value to store or raises Invalid; none looks at the database.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from hub.lib.errors import Invalid
from registry.models import Stage
from registry.models.registered import MAX_NAME
from registry.models.versions import MAX_ALIAS, MAX_ID
from tracking.rules import check_key, check_text, invalid_value, too_long

MAX_TAG_VALUE = 100_000
MAX_TEXT = 100_000
MAX_LINK = 8000
IS_PROMPT = "mlflow.prompt.is_prompt"
PROMPT_TEXT = "mlflow.prompt.text"
PROMPT_TYPE = "_mlflow_prompt_type"
PROMPT_SOURCES = frozenset({"dummy-source", "prompt-template"})
LATEST = "latest"
Pair = tuple[str, str]

_BIGGEST_NUMBER = 2**31 - 1
_alias = re.compile(r"[\w\-]*")
_version_alias = re.compile(r"[vV]\d+")
_stages = {stage.value.lower(): stage for stage in Stage}


def missing(name: str) -> Invalid:
    """The protocol's sentence for a value that must be there."""
    return Invalid(f"Missing value for required parameter '{name}'.", field=name)


def check_model_name(name: str, *, path: str = "name") -> str:
    """A name that is not blank, without `/` and `:`, a plain file name, at most 256 characters."""
    if not name.strip():
        raise missing(path)
    if "/" in name or ":" in name:
        raise Invalid(f"Invalid model name '{name}'. Names cannot contain '/' or ':'.", field=path)
    plain = posixpath.normpath(name)
    if plain != name or plain == "." or plain.startswith(".."):
        why = (
            "Names may be treated as files in certain cases, and must not resolve to other names when treated as such. "
            f"This name would resolve to {plain!r}"
        )
        raise invalid_value("name", name, why)
    if len(name) > MAX_NAME:
        raise too_long(path, MAX_NAME)
    return check_text(name, path=path)


def check_tag(key: str, value: str) -> Pair:
    """A tag of a model: key ≤ 250, value ≤ 100,000 characters, refused when longer."""
    check_key(key)
    if len(value) > MAX_TAG_VALUE:
        raise too_long("value", MAX_TAG_VALUE)
    return key, check_text(value, path="value")


def check_version_tag(key: str, value: str) -> Pair:
    """A tag of a version; the one that holds a prompt's text has its own words for being too long."""
    if key == PROMPT_TEXT and len(value) > MAX_TAG_VALUE:
        raise Invalid(f"Prompt text exceeds max length of {MAX_TAG_VALUE} characters.", field="value")
    return check_tag(key, value)


def check_description(text: str) -> str:
    """A description of a model or version."""
    return _bounded(text, "description", MAX_TEXT)


def check_id(text: str, *, path: str) -> str:
    """A run or model id as clients give it; what it names need not exist here."""
    return _bounded(text, path, MAX_ID)


def check_link(text: str, *, path: str) -> str:
    """A source or a link to a run."""
    return _bounded(text, path, MAX_LINK)


def _bounded(text: str, path: str, limit: int) -> str:
    if len(text) > limit:
        raise too_long(path, limit)
    return check_text(text, path=path)


def check_alias(name: str) -> str:
    """The form of an alias: word characters and dashes, at most 255."""
    if not name:
        raise Invalid("Registered model alias name cannot be empty.", field="alias")
    if not _alias.fullmatch(name):
        raise Invalid(
            f"Invalid alias name: '{name}'. Names may only contain alphanumerics, underscores (_), and dashes (-).",
            field="alias",
        )
    if len(name) > MAX_ALIAS:
        raise too_long("Registered model alias name", MAX_ALIAS)
    return name


def check_new_alias(name: str) -> str:
    """An alias that may be given: not `latest`, not what reads as a version number."""
    check_alias(name)
    if name.lower() == LATEST:
        raise Invalid("'latest' alias name (case insensitive) is reserved.", field="alias")
    if _version_alias.fullmatch(name):
        raise Invalid(f"Version alias name '{name}' is reserved.", field="alias")
    return name


def parse_version(text: str) -> int:
    """A version as clients send it → its number, 0 for one that no version can have."""
    try:
        number = int(text)
    except ValueError:
        raise Invalid(f"Parameter 'version' must be an integer, got '{text}'.", field="version") from None
    return number if 0 < number <= _BIGGEST_NUMBER else 0


def parse_stage(text: str) -> Stage:
    """A stage in any case → the stage."""
    found = _stages.get(text.lower())
    if found is None:
        words = ", ".join(Stage.values)
        raise Invalid(f"Invalid Model Version stage: {text}. Value must be one of {words}.", field="stage")
    return found


def marks_prompt(tags: Iterable[Pair]) -> bool:
    """Whether tags make their bearer a prompt; of tags with the same key the last one counts."""
    return dict(tags).get(IS_PROMPT, "").lower() == "true"
