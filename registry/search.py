"""What searches of the registry may ask about, on top of the filter language of tracking, and how prompts hide.

A prompt is a registered model with the tag `mlflow.prompt.is_prompt`. Models do not have that tag, yet clients ask
for `tags.mlflow.prompt.is_prompt != 'true'` when they want models. So that tag is read as a wish: the first test on
it says whether prompts are asked for; when they are not, they are left out and all tests on the tag count as met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from registry.rules import IS_PROMPT
from tracking.search.compile import Condition, Setting, compile_tree
from tracking.search.errors import FilterError
from tracking.search.grammar import EVERYTHING, Comparison, Joined, Not, Tree, parse
from tracking.search.vocabulary import LISTED, MISSING, NUMERIC, TEXT, Attribute, Keyed, Sort, Vocabulary

_ALIASES = {
    **dict.fromkeys(("attribute", "attributes"), "attribute"),
    **dict.fromkeys(("tag", "tags"), "tag"),
}
_MODEL_TIMES = {"last_updated_timestamp": Attribute("m.updated_at", Sort.INTEGER, NUMERIC)}
_VERSION_TIMES = {
    "creation_timestamp": Attribute("v.created_at", Sort.INTEGER, NUMERIC),
    "last_updated_timestamp": Attribute("v.updated_at", Sort.INTEGER, NUMERIC),
}

MODELS = Vocabulary(
    subject="registered models",
    outer="m.id",
    attributes={"name": Attribute("m.name", comparators=TEXT + LISTED)},
    keyed={"tag": Keyed("registry_registeredmodeltag", "model_id", Sort.TEXT, TEXT, orderable=False)},
    aliases=_ALIASES,
    key_aliases={"timestamp": "last_updated_timestamp"},
    orderable=frozenset({"name", "last_updated_timestamp"}),
    default_order=(("name", True),),
    ties=(("name", True),),
)
# Orders know more columns than filters: times can be sorted by, but not compared.
MODEL_ORDERS = replace(MODELS, attributes={**MODELS.attributes, **_MODEL_TIMES})

VERSIONS = Vocabulary(
    subject="model versions",
    outer="v.id",
    attributes={
        "name": Attribute("m.name", comparators=TEXT + LISTED),
        "run_id": Attribute("v.run_uuid", comparators=TEXT + LISTED),
        "source_path": Attribute("v.source"),
        "version_number": Attribute("v.number", Sort.INTEGER, NUMERIC, fractions=False),
    },
    keyed={"tag": Keyed("registry_modelversiontag", "version_id", Sort.TEXT, TEXT, orderable=False)},
    aliases=_ALIASES,
    key_aliases={},
    orderable=frozenset({"name", "version_number", "creation_timestamp", "last_updated_timestamp"}),
    default_order=(("last_updated_timestamp", False), ("name", True), ("version_number", False)),
    ties=(("name", True), ("version_number", False)),
)
VERSION_ORDERS = replace(VERSIONS, attributes={**VERSIONS.attributes, **_VERSION_TIMES})


@dataclass(frozen=True, slots=True)
class Filter:
    """What a filter stands for. `prompts`: it asks for prompts, which are left out otherwise."""

    condition: Condition
    prompts: bool


def read_filter(text: str, vocabulary: Vocabulary, setting: Setting) -> Filter:
    """The condition of a search; raises FilterError for whatever is not understood."""
    tree = _plain_numbers(parse(text))
    tests = list(_comparisons(tree))
    for test in tests:
        if test.operator in MISSING:
            message = f"{test.operator} is not supported in searches of {vocabulary.subject}"
            raise FilterError(message, text=text, position=test.position)
    asked = compile_tree(tree, text, vocabulary, setting)
    wishes = [test for test in tests if _is_wish(test, vocabulary)]
    if wishes and _wants_prompts(wishes[0]):
        return Filter(asked, True)
    if wishes:
        asked = compile_tree(_granted(tree, vocabulary), text, vocabulary, setting)
    return Filter(asked, False)


def _comparisons(tree: Tree) -> Iterator[Comparison]:
    if isinstance(tree, Comparison):
        yield tree
    elif isinstance(tree, Not):
        yield from _comparisons(tree.inside)
    else:
        for part in tree.parts:
            yield from _comparisons(part)


def _is_wish(test: Comparison, vocabulary: Vocabulary) -> bool:
    return vocabulary.find(test.name) == ("tag", IS_PROMPT)


def _wants_prompts(test: Comparison) -> bool:
    word = str(test.value).lower()
    return (test.operator == "=" and word == "true") or (test.operator == "!=" and word == "false")


def _granted(tree: Tree, vocabulary: Vocabulary) -> Tree:
    """The tree with the tests on the prompt tag met."""
    if isinstance(tree, Comparison):
        return EVERYTHING if _is_wish(tree, vocabulary) else tree
    if isinstance(tree, Not):
        return Not(_granted(tree.inside, vocabulary))
    return Joined(tree.word, tuple(_granted(part, vocabulary) for part in tree.parts))


def _plain_numbers(tree: Tree) -> Tree:
    """The tree with `version_number = '3'` read as a number, as the protocol does."""
    if isinstance(tree, Comparison):
        quoted = tree.name.key == "version_number" and isinstance(tree.value, str) and tree.value.isdecimal()
        return replace(tree, value=int(str(tree.value))) if quoted else tree
    if isinstance(tree, Not):
        return Not(_plain_numbers(tree.inside))
    return Joined(tree.word, tuple(_plain_numbers(part) for part in tree.parts))
