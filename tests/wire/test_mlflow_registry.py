"""The stock mlflow client against the registry: models, versions, stages, aliases, copies, prompts, webhooks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.support.live import LiveHub, live_hub
from tests.support.mlflow_client import Calls, tracking_on
from tests.support.target import running_target

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def home(hub: LiveHub) -> str:
    """A repository of alice for these tests."""
    return hub.new_repo("mlflow-registry")


@pytest.fixture
def calls(hub: LiveHub, home: str) -> Iterator[Calls]:
    """mlflow, pointed there."""
    with tracking_on(hub, home) as made:
        yield made


def regression(steps: int = 2) -> Any:
    """A small model that has learnt something; `max_iter` tells one from another."""
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    x, y = load_iris(return_X_y=True)
    return LogisticRegression(max_iter=1000 + steps).fit(x, y)


def steps(uri: str) -> int:
    """Which model lies at an address."""
    import mlflow

    return int(mlflow.sklearn.load_model(uri).max_iter) - 1000


def log(number: int = 2, **more: Any) -> tuple[Any, str]:
    """A logged model and its run."""
    import mlflow

    mlflow.set_experiment("registry")
    with mlflow.start_run() as run:
        return mlflow.sklearn.log_model(regression(number), name="model", **more), run.info.run_id


def test_log_model_registers(calls: Calls) -> None:
    import mlflow

    logged, run = log(registered_model_name="logged")
    found = mlflow.MlflowClient().get_registered_model("logged")
    (version,) = found.latest_versions
    assert (version.version, version.run_id, version.current_stage) == ("1", run, "None")
    assert version.source == f"models:/{logged.model_id}"
    tags = mlflow.get_logged_model(logged.model_id).tags
    assert '{"name": "logged", "version": "1"}' in tags["mlflow.modelVersions"]
    assert steps("models:/logged/1") == 2


def test_register_from_a_logged_model_and_from_a_run(calls: Calls) -> None:
    import mlflow

    logged, run = log(3)
    first = mlflow.register_model(f"models:/{logged.model_id}", "registered", tags={"k": "v"})
    second = mlflow.register_model(f"runs:/{run}/model", "registered")
    assert (first.version, second.version) == ("1", "2")
    client = mlflow.MlflowClient()
    assert client.get_model_version("registered", "1").tags == {"k": "v"}
    assert client.get_model_version("registered", "2").run_id == run
    assert client.get_model_version_download_uri("registered", "2").endswith(f"/models/{logged.model_id}/artifacts")
    for number in ("1", "2", "latest"):
        assert steps(f"models:/registered/{number}") == 3
    assert steps(f"runs:/{run}/model") == 3
    assert mlflow.pyfunc.load_model("models:/registered/1").predict([[5.1, 3.5, 1.4, 0.2]]).tolist() == [0]


def test_files_of_a_run_in_the_old_way(calls: Calls, tmp_path) -> None:
    import mlflow

    mlflow.sklearn.save_model(regression(4), str(tmp_path / "model"))
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(tmp_path / "model"), "model")
    version = mlflow.register_model(f"runs:/{run.info.run_id}/model", "old-way")
    assert version.source == f"{run.info.artifact_uri}/model"
    assert steps("models:/old-way/1") == 4


def test_aliases(calls: Calls) -> None:
    import mlflow

    for number in (2, 5):
        log(number, registered_model_name="aliased")
    client = mlflow.MlflowClient()
    client.set_registered_model_alias("aliased", "champion", 1)
    assert steps("models:/aliased@champion") == 2
    client.set_registered_model_alias("aliased", "champion", "2")
    assert steps("models:/aliased@champion") == 5
    assert client.get_model_version_by_alias("aliased", "champion").version == "2"
    assert client.get_model_version_by_alias("aliased", "latest").version == "2"
    assert client.get_registered_model("aliased").aliases == {"champion": "2"}
    assert client.get_model_version("aliased", "2").aliases == ["champion"]
    client.delete_registered_model_alias("aliased", "champion")
    client.delete_registered_model_alias("aliased", "champion")
    with pytest.raises(mlflow.MlflowException, match="Registered model alias champion not found") as refused:
        client.get_model_version_by_alias("aliased", "champion")
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(mlflow.MlflowException, match="reserved"):
        client.set_registered_model_alias("aliased", "latest", 1)


def test_stages(calls: Calls, hub: LiveHub, home: str) -> None:
    import mlflow

    for number in (2, 3):
        log(number, registered_model_name="staged")
    client = mlflow.MlflowClient()
    client.transition_model_version_stage("staged", "1", "Production")
    assert steps("models:/staged/Production") == 2
    client.transition_model_version_stage("staged", "2", "production", archive_existing_versions=True)
    assert steps("models:/staged/Production") == 3
    found = {version.current_stage: version.version for version in client.get_latest_versions("staged")}
    assert found == {"Archived": "1", "Production": "2"}
    assert [version.version for version in client.get_latest_versions("staged", ["Production"])] == ["2"]
    # As clients 2.x ask, by either method.
    place = f"{hub.url}/{home}.mlflow/api/2.0/mlflow/registered-models/get-latest-versions"
    login = ("alice", hub.tokens["alice"])
    posted = requests.post(place, json={"name": "staged", "stages": ["Archived"]}, auth=login, timeout=120)
    got = requests.get(place, params={"name": "staged", "stages": ["Archived", "None"]}, auth=login, timeout=120)
    assert posted.json() == got.json()
    assert posted.json()["model_versions"][0]["version"] == "1"
    with pytest.raises(mlflow.MlflowException, match="Invalid Model Version stage: Live"):
        client.transition_model_version_stage("staged", "1", "Live")


def test_models_from_birth_to_death(calls: Calls) -> None:
    import mlflow

    client = mlflow.MlflowClient()
    made = client.create_registered_model("crud", tags={"a": "1"}, description="first")
    assert (made.name, made.description, made.tags, made.latest_versions) == ("crud", "first", {"a": "1"}, [])
    with pytest.raises(mlflow.MlflowException, match=r"Registered Model \(name=crud\) already exists") as refused:
        client.create_registered_model("crud")
    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"
    client.update_registered_model("crud", "second")
    client.set_registered_model_tag("crud", "b", 2)
    client.delete_registered_model_tag("crud", "a")
    version = client.create_model_version("crud", "s3://bucket/model", tags={"t": "u"}, description="one")
    assert (version.version, version.status, version.description) == ("1", "READY", "one")
    client.update_model_version("crud", "1", "changed")
    client.set_model_version_tag("crud", "1", "k", "v")
    client.delete_model_version_tag("crud", "1", "t")
    client.rename_registered_model("crud", "renamed")
    renamed = client.get_registered_model("renamed")
    assert (renamed.name, renamed.description, renamed.tags) == ("renamed", "second", {"b": "2"})
    found = client.get_model_version("renamed", "1")
    assert (found.description, found.tags, found.source) == ("changed", {"k": "v"}, "s3://bucket/model")
    client.delete_model_version("renamed", "1")
    with pytest.raises(mlflow.MlflowException, match=r"Model Version \(name=renamed, version=1\) not found"):
        client.get_model_version("renamed", "1")
    assert client.create_model_version("renamed", "s3://bucket/model").version == "2"
    client.delete_registered_model("renamed")
    with pytest.raises(mlflow.MlflowException, match="Registered Model with name=renamed not found") as gone:
        client.get_registered_model("renamed")
    assert gone.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_searches_in_pages(calls: Calls) -> None:
    import mlflow

    client = mlflow.MlflowClient()
    for number in range(5):
        client.create_registered_model(f"found{number}", tags={"kind": "even" if number % 2 == 0 else "odd"})
        for _ in range(2):
            client.create_model_version(f"found{number}", f"s3://bucket/{number}", tags={"n": str(number)})

    def everything(search: Any, **more: Any) -> list[Any]:
        found: list[Any] = []
        token = None
        while True:
            page = search(max_results=2, page_token=token, **more)
            found += page
            token = page.token
            if not token:
                return found

    names = [found.name for found in everything(client.search_registered_models, filter_string="name LIKE 'found%'")]
    assert names == [f"found{number}" for number in range(5)]
    odd = client.search_registered_models(filter_string="tags.kind = 'odd'", order_by=["name DESC"])
    assert [found.name for found in odd] == ["found3", "found1"]
    assert not odd.token
    assert [version.version for version in odd[0].latest_versions] == ["2"]
    by_number = {"filter_string": "name LIKE 'found%'", "order_by": ["name", "version_number"]}
    versions = everything(client.search_model_versions, **by_number)
    assert [(found.name, found.version) for found in versions] == [(name, number) for name in names for number in "12"]
    (only,) = client.search_model_versions("name = 'found3' AND version_number = 2 AND tags.n = '3'")
    assert (only.version, only.tags) == ("2", {"n": "3"})
    (*both,) = mlflow.search_model_versions(filter_string="source_path = 's3://bucket/4'")
    assert {found.name for found in both} == {"found4"}
    assert len(mlflow.search_registered_models(filter_string="name ILIKE 'FOUND%'")) == 5
    with pytest.raises(mlflow.MlflowException, match="Invalid attribute key 'nothing'"):
        client.search_model_versions("nothing = 'x'")


def test_copies(calls: Calls) -> None:
    import mlflow

    _, run = log(3, registered_model_name="development")
    client = mlflow.MlflowClient()
    client.set_model_version_tag("development", "1", "checked", "yes")
    copy = client.copy_model_version("models:/development/1", "release")
    assert (copy.name, copy.version, copy.source, copy.run_id) == ("release", "1", "models:/development/1", run)
    assert copy.tags == {"checked": "yes"}
    assert steps("models:/release/1") == 3
    client.set_registered_model_alias("release", "stable", "1")
    again = client.copy_model_version("models:/release@stable", "release")
    assert (again.version, again.source) == ("2", "models:/release/1")
    client.delete_registered_model("development")
    assert steps("models:/release/2") == 3


def test_prompts(calls: Calls) -> None:
    import mlflow
    from mlflow import genai

    first = genai.register_prompt("greeting", "Hello {{name}}!", commit_message="first", tags={"lang": "en"})
    second = genai.register_prompt("greeting", [{"role": "user", "content": "Hi {{name}}"}])
    assert (first.version, second.version) == (1, 2)
    genai.set_prompt_alias("greeting", "production", 1)
    loaded = genai.load_prompt("prompts:/greeting@production")
    assert loaded.template == "Hello {{name}}!"
    assert loaded.format(name="Ada") == "Hello Ada!"
    assert (loaded.commit_message, loaded.tags["lang"]) == ("first", "en")
    assert genai.load_prompt("greeting", version=2).format(name="Ada") == [{"role": "user", "content": "Hi Ada"}]
    assert genai.load_prompt("nothing-like-it", allow_missing=True) is None
    client = mlflow.MlflowClient()
    client.create_registered_model("no-prompt")
    assert [found.name for found in genai.search_prompts()] == ["greeting"]
    assert [found.name for found in genai.search_prompts("name = 'greeting'")] == ["greeting"]
    names = [found.name for found in client.search_registered_models(max_results=1000)]
    assert "no-prompt" in names
    assert "greeting" not in names
    assert client.search_model_versions("name = 'greeting'") == []
    client.set_prompt_tag("greeting", "team", "words")
    assert client.get_prompt("greeting").tags["team"] == "words"
    client.set_prompt_version_tag("greeting", "1", "score", "5")
    assert genai.load_prompt("prompts:/greeting/1", cache_ttl_seconds=0).tags["score"] == "5"
    with pytest.raises(mlflow.MlflowException, match="Prompt text exceeds max length of 100000 characters"):
        genai.register_prompt("long", "x" * 100_001)
    with pytest.raises(mlflow.MlflowException, match="already"):
        client.create_registered_model("greeting")
    genai.delete_prompt_alias("greeting", "production")
    with pytest.raises(mlflow.MlflowException):
        genai.load_prompt("prompts:/greeting@production", cache_ttl_seconds=0)
    experiment = mlflow.set_experiment("prompting")
    genai.register_prompt("in-experiment", "text")
    for thread in threading.enumerate():  # The client notes the experiment in the background.
        if thread.name.startswith("link_prompt"):
            thread.join(10)
    found = genai.search_prompts(f"experiment_id = '{experiment.experiment_id}'")
    assert [prompt.name for prompt in found] == ["in-experiment"]
    client.delete_prompt_version("greeting", "1")
    client.delete_prompt_version("greeting", "2")
    client.delete_prompt("greeting")
    assert [prompt.name for prompt in genai.search_prompts("name LIKE 'greet%'")] == []


def test_parallel_registrations_by_real_clients(calls: Calls) -> None:
    from concurrent.futures import ThreadPoolExecutor

    import mlflow

    client = mlflow.MlflowClient()
    client.create_registered_model("raced")

    def write(_: int) -> int:
        return int(client.create_model_version("raced", "s3://bucket/model").version)

    with ThreadPoolExecutor(12) as pool:
        numbers = sorted(pool.map(write, range(48)))
    assert numbers == list(range(1, 49))


def test_strangers_and_readers(hub: LiveHub, home: str) -> None:
    import mlflow

    with tracking_on(hub, "alice/stones", who="carol"):
        client = mlflow.MlflowClient()
        assert client.search_registered_models() == []
        with pytest.raises(mlflow.MlflowException, match="PERMISSION_DENIED"):
            client.create_registered_model("x")
    hidden = pytest.raises(mlflow.MlflowException, match="There is no repository alice/stones, or you may not see it")
    with tracking_on(hub, "alice/stones", who="mallory"), hidden:
        mlflow.MlflowClient().search_registered_models()


def test_webhooks_on_a_hub_that_may_reach_them(tmp_path_factory: pytest.TempPathFactory) -> None:
    import mlflow

    home = tmp_path_factory.mktemp("hooked") / "home"
    with running_target() as target, live_hub(home, HUB_ALLOW_PRIVATE_TARGETS="1") as hub:
        with tracking_on(hub, "alice/stones"):
            client = mlflow.MlflowClient()
            made = client.create_webhook(
                name="tells", url=target.url, events=["registered_model.created"], secret="s3cret", description="d"
            )
            assert [found.webhook_id for found in client.list_webhooks()] == [made.webhook_id]
            result = client.test_webhook(made.webhook_id)
            assert (result.success, result.response_status, result.response_body) == (True, 200, "thanks")
            changed = client.update_webhook(made.webhook_id, status="DISABLED", events=["model_version.created"])
            assert (str(changed.status), [str(event) for event in changed.events]) == (
                "DISABLED",
                ["model_version.created"],
            )
            assert client.get_webhook(made.webhook_id).name == "tells"
            client.update_webhook(made.webhook_id, status="ACTIVE")
            client.create_registered_model("iris")
            client.create_model_version("iris", "s3://bucket/model")
            # What a worker does when the message reaches it.
            hub.run_code(
                "from jobs.models import Job\n"
                "from registry.tasks import deliver_webhook\n"
                "for job in Job.objects.filter(task='registry.deliver_webhook', state='waiting'):\n"
                "    deliver_webhook(job.pk)\n"
            )
            client.delete_webhook(made.webhook_id)
            assert client.list_webhooks() == []
        sent = [found.headers["X-MLflow-Signature"][:3] for found in target.received]
        assert sent == ["v1,", "v1,"]
        assert b'"entity": "model_version"' in target.received[1].body
