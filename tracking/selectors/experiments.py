"""Questions about experiments."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Prefetch, QuerySet

from hub.lib.errors import NotFound
from repos.models import Repository
from tracking import sql
from tracking.models import Experiment, ExperimentTag
from tracking.search.compile import Setting, compile_filter
from tracking.search.ordering import compile_order, read_terms
from tracking.search.vocabulary import EXPERIMENTS
from tracking.selectors.paging import Page, View, cut

_TAGS = Prefetch("tags", queryset=ExperimentTag.objects.order_by("key"))


def experiments_of(repository: Repository, *, view: View = View.ACTIVE) -> QuerySet[Experiment]:
    """The experiments of a repository by number; their counts of runs are columns, nothing is counted."""
    found = Experiment.objects.filter(repository=repository).order_by("number")
    if view is View.ALL:
        return found
    return found.filter(deleted_at__isnull=view is View.ACTIVE)


def experiment_by_number(repository: Repository, number: int) -> Experiment:
    """The experiment with this number, deleted or not; raises NotFound."""
    found = Experiment.objects.filter(repository=repository, number=number).prefetch_related(_TAGS).first()
    if found is None:
        raise NotFound(f"No Experiment with id={number} exists", field="experiment_id")
    return found


def experiment_by_name(repository: Repository, name: str) -> Experiment:
    """The live experiment with this name; raises NotFound.

    One in the trash is not found: `mlflow.set_experiment` would refuse it, and makes a new one of an unknown name.
    """
    found = (
        Experiment.objects.filter(repository=repository, name=name, deleted_at__isnull=True)
        .prefetch_related(_TAGS)
        .first()
    )
    if found is None:
        raise NotFound(f"Could not find experiment with name '{name}'", field="experiment_name")
    return found


def search_experiments(
    repository: Repository,
    *,
    filter_text: str = "",
    order_by: Sequence[str] = (),
    view: View = View.ACTIVE,
    size: int = 1000,
    offset: int = 0,
) -> Page[Experiment]:
    """Experiments that match, with their tags. Raises FilterError for a filter or order that is not understood."""
    setting = Setting(repository.pk, sql.is_postgres())
    condition = compile_filter(filter_text, EXPERIMENTS, setting)
    order = compile_order(read_terms(order_by), EXPERIMENTS, setting)
    statement = (
        f"SELECT e.id FROM tracking_experiment e WHERE e.repository_id = ? AND {view.test('e')} "
        f"AND ({condition.text}) ORDER BY {order.term_text} LIMIT ? OFFSET ?"
    )
    page = cut(sql.rows(statement, (repository.pk, *condition.values, size + 1, offset)), size)
    keys = [row[0] for row in page.rows]
    found = Experiment.objects.prefetch_related(_TAGS).in_bulk(keys)
    return Page([found[key] for key in keys if key in found], page.more)
