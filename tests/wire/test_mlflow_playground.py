"""What the playground logs is found again by the stock client: the run, its prompt, its table; the page says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests

from tests.support.language_model import KEY, running_language_model
from tests.support.live import live_hub
from tests.wire.test_mlflow_model_pages import page, paste

pytestmark = pytest.mark.wire

REGISTER = """
import mlflow
mlflow.set_tracking_uri("{uri}")
mlflow.genai.register_prompt(name="greeting", template="Greet {{{{ name }}}} in {{{{ language }}}}.")
"""
READ = """
import json, mlflow
mlflow.set_tracking_uri("{uri}")
mlflow.set_experiment("Playground")
(run,) = mlflow.search_runs(experiment_names=["Playground"], output_format="list")
print(run.info.status, run.data.params["prompt_name"], run.data.params["prompt_version"], run.data.params["model"])
(linked,) = json.loads(run.data.tags["mlflow.linkedPrompts"])
print(mlflow.genai.load_prompt(linked["name"], version=linked["version"]).template)
table = mlflow.load_table("playground.json", run_ids=[run.info.run_id])
print(table["inputs/name"].tolist(), table["output"].tolist(), int(run.data.metrics["output_tokens"]))
"""
ASK = """
from accounts.actor import Actor
from accounts.models import User
from registry.models import RegisteredModel
from registry.services.endpoints import save_endpoint
from registry.services.playground import Column, ask_trial
actor = Actor(user=User.objects.get(username="alice"))
prompt = RegisteredModel.objects.select_related("repository__owner").get(name="greeting", repository__name="tried")
endpoint = save_endpoint(repository=prompt.repository, endpoint=None, name="own", base_url="{url}", key="{key}", actor=actor)
rows = [{{"name": name, "language": "English"}} for name in ("Ada", "Bo")]
trial = ask_trial(prompt=prompt, endpoint=endpoint, columns=[Column(1, "tiny")], rows=rows, actor=actor)
from jobs.models import Job
from registry.tasks import try_prompt
for job in Job.objects.filter(task="registry.try_prompt", state="waiting"):  # As the worker would.
    try_prompt(job.pk)
print("ENDED", Job.objects.get(task="registry.try_prompt").state)
"""


def test_the_client_reads_what_was_tried(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    home = tmp_path_factory.mktemp("tried") / "home"
    with running_language_model() as served, live_hub(home, HUB_ALLOW_PRIVATE_TARGETS="1") as hub:
        repo = hub.new_repo("tried", visibility="public")
        uri = f"{hub.url}/{repo}.mlflow"
        paste(hub, REGISTER.format(uri=uri), tmp_path)
        said = hub.run_code(ASK.format(url=served.url, key=KEY))
        assert "ENDED done" in said and KEY not in said
        assert paste(hub, READ.format(uri=uri), tmp_path).splitlines() == [
            "FINISHED greeting 1 tiny",
            "Greet {{ name }} in {{ language }}.",
            "['Ada', 'Bo'] ['tiny: Greet Ada in English.', 'tiny: Greet Bo in English.'] 6",
        ]
        shown = page(hub, f"{repo}/prompts/greeting/trials/1")
        assert "tiny: Greet Ada in English." in shown and "2 answered" in shown
        run = re.search(r'href="(/[^"]+/runs?/[^"]+)"', shown)
        assert run is not None
        assert requests.get(f"{hub.url}{run[1]}", timeout=120).status_code == 200
        assert KEY not in (home / "web.log").read_text()
