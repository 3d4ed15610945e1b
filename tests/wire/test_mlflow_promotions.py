"""Aliases and stages under a rule, by the stock mlflow client: what is refused, how it is told, and that nothing moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.support.live import LiveHub
from tests.support.mlflow_client import Calls, tracking_on

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore")]

RULES = """
from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from registry.services.promotion_rules import set_rule
from repos.models import Repository
from repos.services.people import set_collaborator
alice, bob = (Actor(user=User.objects.get(username=name)) for name in ("alice", "bob"))
repo = Repository.objects.get(name="mlflow-promotions")
set_collaborator(actor=alice, repository=repo, user=bob.user, level=Level.WRITE)
for kind, target in (("alias", "champion"), ("stage", "Production")):
    set_rule(repository=repo, name="gated", kind=kind, target=target, approvals=1, level=Level.WRITE,
             gates=["metrics.acc >= 0.9", "metrics.acc >= base"], actor=alice)
"""
ASK = """
from accounts.actor import Actor
from accounts.models import User
from registry.services.promotions import ask_promotion, review_promotion
from repos.models import Repository
repo = Repository.objects.get(name="mlflow-promotions")
place = {{"repository": repo, "name": "gated", "kind": "alias", "target": "champion"}}
asked = ask_promotion(**place, version="{version}", reason="Better", actor=Actor(user=User.objects.get(username="alice")))
said = review_promotion(repository=repo, name="gated", number=asked.number, approves=True, comment="Yes", seen=None,
                        actor=Actor(user=User.objects.get(username="bob")))
print("STATE", said.state)
"""


@pytest.fixture(scope="module")
def home(hub: LiveHub) -> str:
    """A repository of alice, public so that its pages can be read."""
    return hub.new_repo("mlflow-promotions", visibility="public")


def test_a_gated_alias_is_moved_by_request_only(hub: LiveHub, home: str) -> None:
    with tracking_on(hub, home) as calls:
        tell(hub, home, calls)
    trail = requests.get(f"{hub.url}/{home}/models/gated/history/export?form=json&kind=aliases", timeout=120).json()
    assert [(row["what"], row["door"], row["version"]) for row in trail] == [
        ("set alias", "mlflow", 1), ("removed alias", "mlflow", None), ("set alias", "web", 2),
        ("set alias", "mlflow", 2), ("set alias", "mlflow", 1), ("changed stage", "mlflow", 1),
    ]  # fmt: skip


def tell(hub: LiveHub, home: str, calls: Calls) -> None:
    """A client tries what a rule governs, before and after people have decided."""
    import mlflow
    from mlflow.exceptions import RestException

    client = mlflow.MlflowClient()
    client.create_registered_model("gated")
    for score in (0.8, 0.95):
        with mlflow.start_run() as run:
            mlflow.log_metric("acc", score)
        client.create_model_version("gated", "s3://bucket/model", run_id=run.info.run_id)
    client.set_registered_model_alias("gated", "champion", "1")
    client.delete_registered_model_alias("gated", "champion")
    hub.run_code(RULES)

    def refused(call: Callable[[], Any]) -> str:
        with pytest.raises(RestException) as caught:
            call()
        assert caught.value.error_code == "PERMISSION_DENIED"
        assert "Nothing was changed" in str(caught.value)
        return str(caught.value)

    words = refused(lambda: client.set_registered_model_alias("gated", "champion", "2"))
    assert "1 approval and metrics.acc >= 0.9 and metrics.acc >= base" in words
    assert f"{hub.url}/{home}/models/gated/2/promotion?alias=champion" in words
    words = refused(lambda: client.transition_model_version_stage("gated", "2", "Production"))
    assert f"{hub.url}/{home}/models/gated/2/promotion?stage=Production" in words
    assert calls.to("/api/2.0/mlflow/registered-models/alias") == 3  # A refusal is not sent again.
    assert client.get_registered_model("gated").aliases == {}
    assert client.get_model_version("gated", "2").current_stage == "None"

    assert "STATE approved" in hub.run_code(ASK.format(version=1))
    assert client.get_registered_model("gated").aliases == {}
    assert "STATE done" in hub.run_code(ASK.format(version=2))
    assert client.get_model_version_by_alias("gated", "champion").version == "2"

    client.set_registered_model_alias("gated", "champion", "2")  # Where it points already.
    client.set_registered_model_alias("gated", "other", "1")
    client.transition_model_version_stage("gated", "1", "Staging")
    page = f"{hub.url}/{home}/models/gated/rules"
    for call in (
        lambda: client.delete_registered_model_alias("gated", "champion"),
        lambda: client.delete_model_version("gated", "2"),
        lambda: client.rename_registered_model("gated", "free"),
        lambda: client.delete_registered_model("gated"),
    ):
        assert page in refused(call)
    assert client.get_model_version_by_alias("gated", "champion").version == "2"
