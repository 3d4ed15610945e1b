"""Questions about the datasets that runs used."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from repos.models import Repository
from tracking import sql


class DatasetSummary(msgspec.Struct, gc=False):
    """A dataset as runs of the numbered experiment used it; `context` None: nobody said for what."""

    experiment: int
    name: str
    digest: str
    context: str | None


def dataset_summaries(repository: Repository, numbers: Sequence[int], *, size: int = 1000) -> list[DatasetSummary]:
    """The datasets that runs of the numbered experiments used, once for each context."""
    inside, value = sql.among("e.number", list(numbers))
    statement = (
        "SELECT DISTINCT e.number, d.name, d.digest, i.context FROM tracking_experiment e "
        "JOIN tracking_dataset d ON d.experiment_id = e.id JOIN tracking_datasetinput i ON i.dataset_id = d.id "
        f"WHERE e.repository_id = ? AND {inside} ORDER BY 1, 2, 3, 4 LIMIT ?"
    )
    return [DatasetSummary(*row) for row in sql.rows(statement, (repository.pk, value, size))]
