"""scorers/online-config by HTTP: how a scorer is to judge new traces. Registering is in test_mlflow_datasets.py."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.tracing.conftest import V3
from tests.tracking.conftest import Door
from tracing.models import OnlineConfig
from tracing.services.purge import purge_repository

JUDGE = {"instructions_judge_pydantic_data": {"model": "gateway:/chat", "instructions": "Is {{ outputs }} polite?"}}


def register(mlflow: Door, scorer: dict[str, Any], name: str = "polite") -> str:
    body = {"experiment_id": "0", "name": name, "serialized_scorer": json.dumps(scorer)}
    return str(mlflow.ok("POST", "scorers/register", body, api=V3)["scorer_id"])


def configure(mlflow: Door, rate: float, **more: Any) -> Any:
    body = {"experiment_id": "0", "name": "polite", "sample_rate": rate, **more}
    return mlflow.ok("PUT", "scorers/online-config", body, api=V3)["config"]


def test_the_last_configuration_holds(mlflow: Door) -> None:
    scorer = register(mlflow, {"memory_augmented_judge_data": {"base_judge": JUDGE}})
    first = configure(mlflow, 0.5, filter_string="status = 'OK'")
    assert first == {
        "online_scoring_config_id": first["online_scoring_config_id"], "scorer_id": scorer, "sample_rate": 0.5,
        "experiment_id": "0", "filter_string": "status = 'OK'",
    }  # fmt: skip
    second = configure(mlflow, 1)
    assert "filter_string" not in second
    assert mlflow.ok("GET", "scorers/online-configs", api=V3, scorer_ids=[scorer, "none"]) == {"configs": [second]}
    assert OnlineConfig.objects.count() == 1


@pytest.mark.parametrize(
    ("scorer", "rate", "words"),
    [
        (JUDGE, 1.01, "between 0.0 and 1.0"),
        (JUDGE, float("nan"), "between 0.0 and 1.0"),
        ({}, 0.5, "does not use a gateway model"),
        ({"builtin_scorer_pydantic_data": {"model": "openai:/x"}}, 0.5, "does not use a gateway model"),
        (
            {"instructions_judge_pydantic_data": {"model": "gateway:/x", "instructions": "As {{expectations}}?"}},
            0.5,
            "requires expectations",
        ),
    ],
)
def test_what_cannot_judge_alone(mlflow: Door, scorer: dict[str, Any], rate: float, words: str) -> None:
    register(mlflow, scorer)
    body = {"experiment_id": "0", "name": "polite", "sample_rate": rate}
    status, code, message = mlflow.refused("PUT", "scorers/online-config", body, api=V3)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert words in message
    assert not OnlineConfig.objects.exists()


def test_a_configuration_goes_with_its_scorer(mlflow: Door) -> None:
    register(mlflow, JUDGE)
    configure(mlflow, 0)
    mlflow.ok("DELETE", "scorers/delete", {"experiment_id": "0", "name": "polite"}, api=V3)
    assert not OnlineConfig.objects.exists()
    register(mlflow, JUDGE)
    configure(mlflow, 0)
    purge_repository(repository=mlflow.repository)
    assert not OnlineConfig.objects.exists()
