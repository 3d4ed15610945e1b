"""Templates and forms for issues, as files of a repository say them: bytes in, plain values out. Knows no models."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.lib.safe_yaml import fault_in, read_mapping

LONGEST_FILE = 64 * 1024
LONGEST_ANSWER = 20_000
MOST_FIELDS = 50
MOST_OPTIONS = 100
KINDS = ("markdown", "input", "textarea", "dropdown", "checkboxes")
_FRONT = re.compile(rb"\A---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#_-]{1,30}")


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form. `options` are of dropdowns and boxes; `musts` the places of boxes that must be ticked."""

    kind: str
    key: str = ""
    label: str = ""
    about: str = ""
    value: str = ""
    placeholder: str = ""
    options: tuple[str, ...] = ()
    musts: frozenset[int] = frozenset()
    is_required: bool = False
    is_multiple: bool = False
    language: str = ""

    @property
    def name(self) -> str:
        """What its answer is sent under."""
        return f"field-{self.key}"


@dataclass(frozen=True, slots=True)
class Template:
    """What a new issue begins with; `fault` says why a file cannot be used, and is empty for those that can."""

    key: str
    name: str
    about: str = ""
    title: str = ""
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    body: str = ""
    fields: tuple[Field, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A place elsewhere where something is better asked."""

    name: str
    url: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """Whether issues may begin empty, and links beside the templates."""

    allows_blank: bool = True
    links: tuple[Link, ...] = ()


@dataclass(slots=True)
class Answers:
    """What somebody answered to a form: the text of the issue, and what is missing by the key of its field."""

    body: str = ""
    faults: dict[str, str] = field(default_factory=dict)


def read_template(filename: str, data: bytes) -> Template:
    """The template of a `.md`, `.yml` or `.yaml` file; one with a `fault` when it is none."""
    if len(data) > LONGEST_FILE:
        return Template(filename, filename, fault=f"It is larger than {LONGEST_FILE // 1024} KiB.")
    try:
        data.decode()
    except UnicodeDecodeError:
        return Template(filename, filename, fault="It is not UTF-8.")
    return _markdown(filename, data) if filename.lower().endswith(".md") else _form(filename, data)


def read_config(data: bytes) -> Config:
    """What `config.yml` says; the usual when it cannot be read."""
    document = read_mapping(data, longest=LONGEST_FILE) or {}
    links = [
        Link(_line(each.get("name")), _line(each.get("url"), 500), _line(each.get("about")))
        for each in _list(document.get("contact_links"))
        if isinstance(each, dict)
    ]
    # SECURITY: an address that is no web page (javascript:, data:) must not become a link.
    safe = tuple(link for link in links if link.name and link.url.startswith(("https://", "http://")))
    return Config(document.get("blank_issues_enabled") is not False, safe[:10])


def answered(template: Template, sent: Mapping[str, Sequence[str]]) -> Answers:
    """The text that answers to a form make, each below its question; `sent` maps names to the values sent."""
    answers, parts = Answers(), []
    for question in template.fields:
        if question.kind == "markdown":
            continue
        values = [value.replace("\0", "").replace("\r\n", "\n").strip() for value in sent.get(question.name, ())]
        text, fault = _answer(question, [value for value in values if value])
        if fault:
            answers.faults[question.key] = fault
        parts.append(f"### {question.label}\n\n{text or '_No response_'}\n")
    answers.body = "\n".join(parts)
    return answers


def _answer(question: Field, values: list[str]) -> tuple[str, str]:
    if any(len(value) > LONGEST_ANSWER for value in values):
        return "", f"At most {LONGEST_ANSWER:,} characters fit here."
    if question.kind == "checkboxes":
        ticked = {int(value) for value in values if value.isascii() and value.isdecimal() and len(value) < 4}
        lines = [f"- [{'x' if at in ticked else ' '}] {option}" for at, option in enumerate(question.options)]
        return "\n".join(lines), "" if question.musts <= ticked else "Tick what is required to go on."
    if question.kind == "dropdown":
        chosen = [value for value in values if value in question.options]
        if len(chosen) != len(values):
            return "", "Choose one of the list."
        values = chosen if question.is_multiple else chosen[:1]
        text = ", ".join(values)
    else:
        text = values[0] if values else ""
        if text and question.language:
            fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
            text = f"{fence}{question.language}\n{text}\n{fence}"
    return text, "An answer is needed." if question.is_required and not text else ""


def _markdown(filename: str, data: bytes) -> Template:
    match = _FRONT.match(data)
    head = read_mapping(match[1], longest=LONGEST_FILE) if match else {}
    if head is None:
        line, cause = fault_in(match[1]) if match else (0, "")
        return Template(filename, filename, fault=f"Its head cannot be read: {cause} (line {line + 1}).")
    body = data[match.end() :] if match else data
    return Template(**_head(filename, head), body=body.decode().replace("\r\n", "\n").strip("\n"))


def _form(filename: str, data: bytes) -> Template:
    document = read_mapping(data, longest=LONGEST_FILE)
    if document is None:
        line, cause = fault_in(data)
        return Template(filename, filename, fault=f"It cannot be read: {cause}{f' (line {line})' if line else ''}.")
    head = _head(filename, document)
    questions = _list(document.get("body"))
    if not questions:
        return Template(**head, fault="It has no “body” with questions.")
    if len(questions) > MOST_FIELDS:
        return Template(**head, fault=f"It has more than {MOST_FIELDS} questions.")
    fields: list[Field] = []
    for number, question in enumerate(questions, start=1):
        made = _field(number, question)
        if isinstance(made, str):
            return Template(**head, fault=f"Question {number}: {made}")
        if made.key in {each.key for each in fields if each.key}:
            return Template(**head, fault=f"Question {number}: the id “{made.key}” is taken by another one.")
        fields.append(made)
    if all(each.kind == "markdown" for each in fields):
        return Template(**head, fault="It asks nothing: all of its parts are text.")
    return Template(**head, fields=tuple(fields))


def _field(number: int, question: Any) -> Field | str:
    kind = question.get("type") if isinstance(question, dict) else None
    if kind not in KINDS:
        return f"its type is none of {', '.join(KINDS)}."
    about = question.get("attributes") if isinstance(question.get("attributes"), dict) else {}
    checks = question.get("validations") if isinstance(question.get("validations"), dict) else {}
    if kind == "markdown":
        return Field(kind, value=_text(about.get("value")))
    key, label = str(question.get("id") or f"q{number}"), _line(about.get("label"))
    if not label:
        return "it has no label."
    if not _ID.fullmatch(key):
        return "its id has other characters than letters, digits, - and _."
    options, musts = _options(about.get("options"))
    if kind in ("dropdown", "checkboxes") and not options:
        return "it has no options."
    language = str(about.get("render") or "")
    return Field(
        kind=kind,
        key=key,
        label=label,
        about=_text(about.get("description")),
        value=_default(about, options) if kind == "dropdown" else _text(about.get("value")),
        placeholder=_line(about.get("placeholder")),
        options=options,
        musts=musts,
        is_required=checks.get("required") is True and kind != "checkboxes",
        is_multiple=about.get("multiple") is True,
        language=language if _LANGUAGE.fullmatch(language) else "",
    )


def _default(about: Mapping[str, Any], options: tuple[str, ...]) -> str:
    at = about.get("default")
    return options[at] if isinstance(at, int) and not isinstance(at, bool) and 0 <= at < len(options) else ""


def _options(value: Any) -> tuple[tuple[str, ...], frozenset[int]]:
    words: list[str] = []
    musts: set[int] = set()
    for each in _list(value)[:MOST_OPTIONS]:
        if isinstance(each, dict) and each.get("required") is True:
            musts.add(len(words))
        words.append(_line(each.get("label") if isinstance(each, dict) else each))
    return tuple(words), frozenset(musts)


def _head(filename: str, head: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": filename,
        "name": _line(head.get("name")) or filename.rpartition(".")[0],
        "about": _line(head.get("about") or head.get("description"), 300),
        "title": _line(head.get("title")),
        "labels": _words(head.get("labels")),
        "assignees": _words(head.get("assignees")),
    }


def _words(value: Any) -> tuple[str, ...]:
    found = value.split(",") if isinstance(value, str) else _list(value)
    return tuple(word for word in (_line(each) for each in found[:20]) if word)


def _line(value: Any, longest: int = 200) -> str:
    return " ".join(str(value).replace("\0", "").split())[:longest] if isinstance(value, str | int | float) else ""


def _text(value: Any) -> str:
    return value.replace("\0", "") if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
