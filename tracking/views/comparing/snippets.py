"""Code to paste that loads the compared runs into pandas."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest

from repos.models import Repository
from tracking.models import Run
from tracking.views.snippets import Snippet, tracking_uri

A_LINE = 3


def load_runs(request: HttpRequest, repo: Repository, runs: Sequence[Run]) -> list[Snippet]:
    """The runs as a table with one row a run, and the same turned round: only what differs."""
    experiments = sorted({str(run.experiment.number) for run in runs})
    ids = [f"'{run.uuid}'" for run in runs]
    lines = [", ".join(ids[at : at + A_LINE]) for at in range(0, len(ids), A_LINE)]
    inside = "\n".join(f'    "{line}{", " if line != lines[-1] else ""}"' for line in lines)
    load = (
        f'import mlflow\n\nmlflow.set_tracking_uri("{tracking_uri(request, repo)}")\n'
        f"picked = (\n{inside}\n)\n"
        f"runs = mlflow.search_runs(\n    experiment_ids={experiments!r},\n"
        '    filter_string=f"attributes.run_id IN ({picked})",\n'
        "    run_view_type=mlflow.entities.ViewType.ALL,\n)\n"
    )
    table = load + 'print(runs.filter(regex="^(run_id|params|metrics)"))'
    turned = (
        f'{load}table = runs.set_index("run_id").filter(regex="^(params|metrics|tags)").T\n'
        "differing = table[table.nunique(axis=1, dropna=False) > 1]\nprint(differing)"
    )
    return [{"label": "mlflow.search_runs", "text": table}, {"label": "pandas, what differs", "text": turned}]
