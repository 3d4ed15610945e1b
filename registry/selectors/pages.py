"""What the lists of models and prompts show, and finding one by the words of an address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from hub.lib.errors import Invalid, NotFound
from registry import rules
from registry.models import ModelAlias, ModelVersion, RegisteredModel
from repos.models import Repository

LONGEST_SEARCH = 200
SORTS = {"updated": "Last updated", "name": "Name", "created": "Newest"}
_ORDERS = {"updated": ("-updated_at", "name"), "name": ("name",), "created": ("-created_at", "name")}


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What somebody looks for among models; raises Invalid when made from words it does not know."""

    text: str = ""
    sort: str = "updated"

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST_SEARCH or "\0" in self.text:
            raise Invalid(f"Search for at most {LONGEST_SEARCH} characters of text.", field="q")
        if self.sort not in SORTS:
            raise Invalid("Sort by updated, name or created.", field="sort")


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A model, the newest of its versions, how many there are, and its aliases (name, number)."""

    model: RegisteredModel
    newest: ModelVersion | None
    versions: int
    aliases: list[tuple[str, int]]


def model_count(repository: Repository) -> int:
    """How many models the repository has, prompts aside."""
    return RegisteredModel.objects.filter(repository=repository, is_prompt=False).count()


def has_any(repository: Repository, *, prompts: bool) -> bool:
    """Whether the repository has a model, or a prompt."""
    return RegisteredModel.objects.filter(repository=repository, is_prompt=prompts).exists()


def models_listed(repository: Repository, query: ListQuery, *, prompts: bool) -> QuerySet[RegisteredModel]:
    """Models (or prompts) whose name or description holds every word, in the order asked for."""
    rows = RegisteredModel.objects.filter(repository=repository, is_prompt=prompts)
    for word in query.text.split():
        rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word))
    return rows.order_by(*_ORDERS[query.sort])


def lines_of(models: Sequence[RegisteredModel]) -> list[ModelLine]:
    """A line for each model, in the same order: three questions however many."""
    keys = [model.pk for model in models]
    alive = ModelVersion.objects.filter(deleted_at__isnull=True)
    newest = alive.filter(model=OuterRef("model")).order_by("-number").values("number")[:1]
    heads = alive.filter(model__in=keys, number=Coalesce(Subquery(newest), 0, output_field=IntegerField()))
    by_model = {version.model_id: version for version in heads}
    counts = dict(alive.filter(model__in=keys).order_by().values_list("model").annotate(Count("pk")))
    aliases: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for model, name, number in _pointers(model__in=keys):
        aliases[model].append((name, number))
    return [ModelLine(each, by_model.get(each.pk), counts.get(each.pk, 0), aliases[each.pk]) for each in models]


def _pointers(**which: object) -> QuerySet[ModelAlias, tuple[int, str, int]]:
    rows = ModelAlias.objects.filter(**which).order_by("name")
    return rows.values_list("model_id", "name", "version__number")


def aliases_of(model: RegisteredModel) -> list[tuple[str, int]]:
    """The aliases of a model, each with the number of its version."""
    return [(name, number) for _, name, number in _pointers(model=model)]


def model_of(repository: Repository, name: str) -> RegisteredModel:
    """A model or prompt by its name. Raises Invalid for what cannot be a name, NotFound."""
    rules.check_model_name(name)
    found = RegisteredModel.objects.filter(repository=repository, name=name).first()
    if found is None:
        raise NotFound(f"There is no model {name} in this repository.", next_step="Look for it in the list of models.")
    found.repository = repository
    return found


def names_of(keys: Iterable[int | None]) -> dict[int | None, RegisteredModel]:
    """The models that are still there, by key."""
    return {model.pk: model for model in RegisteredModel.objects.filter(pk__in=[key for key in keys if key])}


def versions_of(model: RegisteredModel) -> QuerySet[ModelVersion]:
    """The versions of a model that are not deleted, the newest first."""
    return ModelVersion.objects.filter(model=model, deleted_at__isnull=True).order_by("-number")


def version_of(model: RegisteredModel, number: int) -> ModelVersion:
    """A version by its number; raises NotFound."""
    found = versions_of(model).filter(number=rules.parse_version(str(number))).first()
    if found is None:
        raise NotFound(f"{model.name} has no version {number}.", next_step="Its page lists the versions there are.")
    found.model = model
    return found
