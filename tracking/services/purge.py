"""Deletes rows for good, in bulk: what Django's cascade would do one object at a time."""

from __future__ import annotations

from repos.models import Repository
from tracking import sql

_RUNS = "(SELECT id FROM tracking_run WHERE repository_id = ?)"
_MODELS = "(SELECT id FROM tracking_loggedmodel WHERE repository_id = ?)"
_EXPERIMENTS = "(SELECT id FROM tracking_experiment WHERE repository_id = ?)"
_CHANGES = "(SELECT id FROM tracking_bulkchange WHERE repository_id = ?)"
_PURGES = "(SELECT id FROM tracking_purge WHERE repository_id = ?)"
_OF_REPOSITORY = (
    f"tracking_loggedmodelmetric WHERE model_id IN {_MODELS}",
    f"tracking_loggedmodelparam WHERE model_id IN {_MODELS}",
    f"tracking_loggedmodeltag WHERE model_id IN {_MODELS}",
    "tracking_loggedmodel WHERE repository_id = ?",
    f"tracking_datasetinput WHERE run_id IN {_RUNS}",
    f"tracking_dataset WHERE experiment_id IN {_EXPERIMENTS}",
    f"tracking_modellink WHERE run_id IN {_RUNS}",
    f"tracking_metric WHERE run_id IN {_RUNS}",
    f"tracking_latestmetric WHERE run_id IN {_RUNS}",
    f"tracking_param WHERE run_id IN {_RUNS}",
    f"tracking_runtag WHERE run_id IN {_RUNS}",
    "tracking_run WHERE repository_id = ?",
    f"tracking_experimenttag WHERE experiment_id IN {_EXPERIMENTS}",
    "tracking_namedview WHERE repository_id = ?",
    f"tracking_board WHERE experiment_id IN {_EXPERIMENTS}",
    f"tracking_bulkitem WHERE change_id IN {_CHANGES}",
    "tracking_bulkchange WHERE repository_id = ?",
    "tracking_experiment WHERE repository_id = ?",
    f"tracking_purgeitem WHERE purge_id IN {_PURGES}",
    "tracking_purge WHERE repository_id = ?",
    "tracking_metrickey WHERE repository_id = ?",
    "tracking_space WHERE repository_id = ?",
)


def purge_repository(*, repository: Repository) -> None:
    """Nothing of the repository's tracking is left; its artifacts belong to the storage room, which clears them."""
    with sql.writing():
        for where in _OF_REPOSITORY:
            sql.change(f"DELETE FROM {where}", (repository.pk,))
