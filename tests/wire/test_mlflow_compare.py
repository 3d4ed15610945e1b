"""What the stock client logs is found again in a comparison: images, tables, models; and its code works as pasted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests

from tests.support.live import LiveHub
from tests.wire.test_mlflow_model_pages import page, paste, snippets

pytestmark = pytest.mark.wire

LOG = """
import mlflow, numpy, pandas
from sklearn.linear_model import LinearRegression

mlflow.set_tracking_uri("{uri}")
mlflow.set_experiment("settling")
for number in range(2):
    with mlflow.start_run(run_name=f"try-{{number}}") as run:
        mlflow.log_params({{"lr": 0.1 / (number + 1), "depth": 3}})
        for step in range(3):
            mlflow.log_metric("loss", 1 / (step + 1 + number), step=step)
            mlflow.log_image(numpy.full((8, 8, 3), 40 * step + 90 * number, "uint8"), key="val/sample", step=step)
        answers = ["granite", "basalt" if number else "slate"]
        mlflow.log_table(pandas.DataFrame({{"question": ["which?", "why?"], "answer": answers}}), "answers.json")
        mlflow.log_table(pandas.DataFrame({{"id": [1, 2], "score": [0.5, 0.5 + number]}}), "scores.parquet")
        mlflow.sklearn.log_model(LinearRegression().fit([[0], [1]], [0, 1]), name="line",
                                 pip_requirements=[f"numpy=={{1 + number}}.0", "scikit-learn"])
        print(run.info.run_id)
"""


@pytest.fixture(scope="module")
def logged(hub: LiveHub, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, str]:
    """The address of the comparison of two runs that the client logged, and their ids."""
    repo = hub.new_repo("compare-pages", visibility="public")
    printed = paste(hub, LOG.format(uri=f"{hub.url}/{repo}.mlflow"), tmp_path_factory.mktemp("work"))
    first, second = re.findall(r"^[0-9a-f]{32}$", printed, re.MULTILINE)
    return f"{repo}/experiments/1/compare{{}}?run={first}&run={second}", first, second


def cells(text: str) -> list[str]:
    return [
        " ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<td[^>]*>(.*?)</td>", text, re.DOTALL)
    ]


def test_logged_images_stand_by_step(hub: LiveHub, logged: tuple[str, str, str]) -> None:
    shown = page(hub, logged[0].format("/images"))
    assert re.findall(r"step (\d)</th>", shown) == ["0", "1", "2"]
    sources = re.findall(r'<img src="([^"]+)"', shown)
    assert len(sources) == 6
    for source in sources[:2]:
        answer = requests.get(hub.url + source.replace("&amp;", "&"), timeout=120)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert ">val/sample (3)<" in shown


def test_logged_tables_are_joined(hub: LiveHub, logged: tuple[str, str, str]) -> None:
    answers = page(hub, logged[0].format("/files") + "&file=answers.json")
    assert cells(answers) == ["granite", "granite", "slate", "basalt"]
    assert answers.count('class="is-apart"') == 1
    scores = page(hub, logged[0].format("/files") + "&file=scores.parquet")
    assert cells(scores) == ["0.5", "0.5", "0.5", "1.5"]


def test_environments_of_logged_models_are_compared(hub: LiveHub, logged: tuple[str, str, str]) -> None:
    shown = page(hub, logged[0].format("/environment"))
    assert re.search(r'title="numpy">numpy</span></th><td class="mono">.*?1\.0.*?is-apart.*?2\.0', shown, re.DOTALL)
    assert "flavour sklearn" in shown


def test_the_code_of_a_comparison_works_as_pasted(hub: LiveHub, logged: tuple[str, str, str], tmp_path: Path) -> None:
    table, differing = snippets(page(hub, logged[0].format("")))[-2:]
    printed = paste(hub, table, tmp_path)
    assert printed.count("0.3333") >= 1
    printed = paste(hub, differing, tmp_path)
    assert "params.lr" in printed and "params.depth" not in printed
    assert paste(hub, f"{table}\nprint(sorted(runs.run_id))", tmp_path).strip().endswith(str(sorted(logged[1:])))
