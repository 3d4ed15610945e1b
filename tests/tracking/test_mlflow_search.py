"""runs/search by HTTP: what filters and orders find, in which order, in pages."""

from __future__ import annotations

import pytest

from tests.tracking.conftest import Door


@pytest.fixture
def runs(mlflow: Door) -> Door:
    """Six runs, a to f, in experiment 1; each started a second after the one before."""
    number = mlflow.experiment()
    plan: list[tuple[str, dict[str, object], dict[str, str], dict[str, str]]] = [
        ("a", {"m": 1, "n": 5}, {"p": "x", "q": "10%"}, {"t": "Red"}),
        ("b", {"m": 2}, {"p": "y"}, {"t": "red"}),
        ("c", {"m": "NaN"}, {"p": "x"}, {"my tag": "1"}),
        ("d", {"m": -1, "n": 5}, {"p": "X"}, {}),
        ("e", {}, {"p": "x_y"}, {"t": "blue"}),
        ("f", {"m": 2}, {}, {"a.b": "it's"}),
    ]
    for place, (name, metrics, params, tags) in enumerate(plan):
        run = mlflow.run(number, run_name=name, start_time=1000 + place, user_id=f"user-{name}")
        mlflow.ok(
            "POST",
            "runs/log-batch",
            {
                "run_id": run,
                "metrics": [{"key": k, "value": v, "timestamp": 1} for k, v in metrics.items()],
                "params": [{"key": k, "value": v} for k, v in params.items()],
                "tags": [{"key": k, "value": v} for k, v in tags.items()],
            },
        )
    return mlflow


def found(mlflow: Door, filter_text: str = "", *order_by: str, **more: object) -> str:
    """The names of the runs found, in order."""
    body = {"experiment_ids": ["1"], "filter": filter_text, "order_by": list(order_by), **more}
    return "".join(run["info"]["run_name"] for run in mlflow.ok("POST", "runs/search", body).get("runs", []))


def test_newest_first_by_default(runs: Door) -> None:
    assert found(runs) == "fedcba"


@pytest.mark.parametrize(
    ("filter_text", "names"),
    [
        ("metrics.m > 1", "fb"),
        ("metrics.m >= 1", "fba"),
        ("metric.m = 2.0", "fb"),
        ("metrics.m != 2", "dca"),
        ("metrics.m < 0", "d"),
        ("metrics.m <= 1e0", "da"),
        ("metrics.nothing > 0", ""),
        ("metrics.nothing != 0", ""),
        ("metrics.m > 0 and metrics.n > 0", "a"),
        ("metrics.`m` > 1", "fb"),
        ('metrics."m" > 1', "fb"),
        ("params.p = 'x'", "ca"),
        ("parameters.p != 'x'", "edb"),
        ("param.p LIKE 'x%'", "eca"),
        ("params.p like 'X'", "d"),
        ("params.p ILIKE 'X'", "dca"),
        ("params.p LIKE 'x_y'", "e"),
        ("params.p LIKE '_'", "dcba"),
        ("params.q LIKE '10%'", "a"),
        ("params.q = '10%'", "a"),
        ("params.p IS NULL", "f"),
        ("params.p IS NOT NULL", "edcba"),
        ('tags.t = "Red"', "a"),
        ("tag.t ilike 'RED'", "ba"),
        ("tags.t != 'red'", "ea"),
        ("tags.`my tag` = '1'", "c"),
        ("tags.\"my tag\" = '1'", "c"),
        ('tags.a.b = "it\'s"', "f"),
        ("tags.t IS NULL", "fdc"),
        ("tags.t = 'Red' AND tags.t LIKE 'R%'", "a"),
        ("run_name = 'b'", "b"),
        ("attributes.run_name LIKE '%'", "fedcba"),
        ("attributes.`run name` = 'b'", "b"),
        ("attribute.status = 'RUNNING'", "fedcba"),
        ("run.status != 'RUNNING'", ""),
        ("attr.user_id ILIKE 'USER-A'", "a"),
        ("start_time > 1003", "fe"),
        ("attributes.created <= 1000.5", "a"),
        ("end_time > 0", ""),
        ("artifact_uri LIKE 'mlflow-artifacts:/1/%/artifacts'", "fedcba"),
        ("metrics.m > 1 OR params.p = 'x_y'", "feb"),
        ("NOT metrics.m > 1", "edca"),
        ("NOT (params.p = 'x' OR metrics.m = 2)", "ed"),
        ("NOT end_time > 0", "fedcba"),
        ("params.p NOT LIKE 'x%'", "fdb"),
        ("metrics.m > 99999999999999999999999999", ""),
        ("start_time < 99999999999999999999999999", "fedcba"),
        ("metrics.m < 1e999", "fdba"),
    ],
)
def test_filters(runs: Door, filter_text: str, names: str) -> None:
    assert found(runs, filter_text) == names


def test_run_ids_may_be_listed(runs: Door) -> None:
    body = {"experiment_ids": ["1"]}
    ids = {run["info"]["run_name"]: run["info"]["run_id"] for run in runs.ok("POST", "runs/search", body)["runs"]}
    assert found(runs, f"run_id IN ('{ids['a']}', '{ids['c']}')") == "ca"
    assert found(runs, f"attributes.run_id NOT IN ('{ids['a']}', \"{ids['c']}\",)") == "fedb"
    assert found(runs, f"run_id = '{ids['b']}'") == "b"


@pytest.mark.parametrize(
    ("order", "names"),
    [
        (["metrics.m"], "dafbce"),
        (["metrics.m ASC"], "dafbce"),
        (["metrics.m DESC"], "fbadce"),
        (["metric.`m` desc", "run_name"], "bfadce"),
        (["params.p"], "dcaebf"),
        (["params.p DESC"], "becadf"),
        (["tags.t", "run_name DESC"], "aebfdc"),
        (["attributes.start_time ASC"], "abcdef"),
        (["Created"], "abcdef"),
        (["run_name DESC"], "fedcba"),
        (["end_time DESC", "run_name"], "abcdef"),
        (["metrics.nothing"], "fedcba"),
        (["metrics.n DESC", "params.p ASC"], "dacebf"),
    ],
)
def test_orders(runs: Door, order: list[str], names: str) -> None:
    assert found(runs, "", *order) == names


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"filter": "metrics.m > '1'"}, "Expected numeric value type for metric. Found '1'"),
        ({"filter": "metrics.m LIKE 'x'"}, "Invalid comparator 'LIKE'"),
        ({"filter": "metrics.m IS NULL"}, "IS NULL / IS NOT NULL is only supported for tags and params"),
        ({"filter": "params.p = 1"}, "Expected a quoted string value for parameter"),
        ({"filter": "params.p > 'x'"}, "Invalid comparator '>'"),
        ({"filter": "params.p IN ('x')"}, "Only ['run_id'] attributes support comparison with a list"),
        ({"filter": "status IN ('x')"}, "Only ['run_id'] attributes support comparison with a list"),
        ({"filter": "status = RUNNING"}, "Use either single or double quotes"),
        ({"filter": "start_time > 'x'"}, "Expected numeric value type for numeric attribute: start_time. Found 'x'"),
        ({"filter": "start_time LIKE 'x'"}, "Invalid comparator 'LIKE'"),
        ({"filter": "lifecycle_stage = 'active'"}, "Invalid attribute key 'lifecycle_stage' specified"),
        ({"filter": "experiment_id = '1'"}, "Invalid attribute key 'experiment_id' specified"),
        ({"filter": "wrong.m > 1"}, "Invalid entity type 'wrong'"),
        ({"filter": "dataset.size = 'x'"}, "Invalid dataset key 'size' specified"),
        ({"filter": "metrics.m > 1 XOR metrics.m > 2"}, "Invalid clause(s) in filter string: 'XOR'"),
        ({"filter": "metrics.m > 1; DROP"}, "multiple expressions"),
        ({"filter": "params.p = 'a\0'"}, "NUL"),
        ({"order_by": ["metrics.m", "metrics.m DESC"]}, "duplicate fields"),
        ({"order_by": ["Created", "start_time"]}, "duplicate fields"),
        ({"order_by": ["datasets.name"]}, "Invalid identifier type"),
        ({"order_by": ["metrics.m up"]}, "Invalid ordering key in order_by clause 'metrics.m up'."),
        ({"order_by": ["metrics.m DESC please"]}, "Could not be parsed"),
        ({"order_by": [""]}, "Could not be parsed"),
        ({"order_by": ["size"]}, "Invalid attribute key 'size'"),
        ({"order_by": [f"metrics.m{n}" for n in range(40)]}, "at most"),
        ({"max_results": 0}, "Invalid value 0 for parameter 'max_results'"),
        ({"max_results": 50_001}, "Invalid value 50001 for parameter 'max_results'"),
        ({"experiment_ids": ["x"]}, "Experiment ID must be a valid integer"),
        ({"experiment_ids": "1"}, "Invalid value \"1\" for parameter 'experiment_ids'"),
        ({"run_view_type": "SOME"}, "ACTIVE_ONLY"),
        ({"page_token": "x"}, "Invalid page token"),
        ({"page_token": "eyJvZmZzZXQiOjB9"}, "Invalid page token"),
        ({"page_token": "eyJvZmZzZXQiOi0xfQ=="}, "Invalid page token"),
        ({"page_token": "W10="}, "Invalid page token"),
    ],
)
def test_what_is_refused(runs: Door, body: dict[str, object], words: str) -> None:
    status, code, message = runs.refused("POST", "runs/search", {"experiment_ids": ["1"], **body})
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert words in message


def test_pages(runs: Door) -> None:
    body: dict[str, object] = {"experiment_ids": ["1"], "max_results": 2, "order_by": ["metrics.m"]}
    names, token = "", ""
    pages = 0
    while True:
        page = runs.ok("POST", "runs/search", {**body, "page_token": token})
        names += "".join(run["info"]["run_name"] for run in page["runs"])
        token = page.get("next_page_token", "")
        pages += 1
        if not token:
            break
    assert (names, pages) == ("dafbce", 3)


def test_views(runs: Door) -> None:
    first = runs.ok("POST", "runs/search", {"experiment_ids": ["1"], "max_results": 1})["runs"][0]["info"]["run_id"]
    runs.ok("POST", "runs/delete", {"run_id": first})
    assert found(runs) == "edcba"
    assert found(runs, run_view_type="DELETED_ONLY") == "f"
    assert found(runs, run_view_type="ALL") == "fedcba"
    assert found(runs, "metrics.m = 2", run_view_type=3) == "fb"


def test_experiments(runs: Door) -> None:
    second = runs.experiment("second")
    runs.run(second, run_name="z", start_time=1)
    assert runs.ok("POST", "runs/search", {}) == {}
    assert runs.ok("POST", "runs/search", {"experiment_ids": ["99", "9999999999999999999999"]}) == {}
    assert found(runs, experiment_ids=["1", second, "99"]) == "fedcbaz"
    assert found(runs, experiment_ids=[second, second]) == "z"


def test_answers_carry_everything_but_model_inputs(mlflow: Door) -> None:
    run = mlflow.run("0", run_name="r")
    mlflow.ok("POST", "runs/log-metric", {"run_id": run, "key": "m", "value": 1, "timestamp": 2, "step": 3})
    mlflow.ok("POST", "runs/outputs", {"run_id": run, "models": [{"model_id": "m-out", "step": 4}]})
    dataset = {"name": "iris", "digest": "d", "source_type": "local", "source": "{}"}
    use = {"dataset": dataset, "tags": [{"key": "mlflow.data.context", "value": "train"}]}
    mlflow.ok("POST", "runs/log-inputs", {"run_id": run, "datasets": [use], "models": [{"model_id": "m-in"}]})
    (run_found,) = mlflow.ok("POST", "runs/search", {"experiment_ids": ["0"]})["runs"]
    whole = mlflow.get_run(run)
    assert whole["inputs"].pop("model_inputs") == [{"model_id": "m-in"}]
    assert run_found == whole
    assert run_found["inputs"]["dataset_inputs"] == [use]
    assert run_found["outputs"]["model_outputs"] == [{"model_id": "m-out", "step": 4}]


def test_datasets(mlflow: Door) -> None:
    for name, context in (("iris", "train"), ("iris", "test"), ("wine", "train")):
        run = mlflow.run("0", run_name=f"{name}-{context} ")
        dataset = {"name": name, "digest": f"d-{name}", "source_type": "local", "source": "{}"}
        tags = [{"key": "mlflow.data.context", "value": context}]
        mlflow.ok("POST", "runs/log-inputs", {"run_id": run, "datasets": [{"dataset": dataset, "tags": tags}]})
    assert found(mlflow, "dataset.name = 'iris'", "run_name", experiment_ids=["0"]) == "iris-test iris-train "
    assert found(mlflow, "datasets.context = 'train' AND dataset.name LIKE 'w%'", experiment_ids=["0"]) == "wine-train "
    assert found(mlflow, "dataset.digest IN ('d-wine', 'x')", experiment_ids=["0"]) == "wine-train "
    assert found(mlflow, "NOT dataset.name = 'iris'", experiment_ids=["0"]) == "wine-train "
