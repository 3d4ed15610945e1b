"""What the pages of models tell people to paste works as pasted, and the pages then show what the client did."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.support.live import LiveHub
from tests.support.mlflow_client import SETTINGS

pytestmark = pytest.mark.wire

LEARN = """
import mlflow
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

mlflow.set_tracking_uri("{uri}")
x, y = load_iris(return_X_y=True, as_frame=True)
with mlflow.start_run():
    mlflow.log_input(mlflow.data.from_pandas(x, name="iris"), context="training")
    mlflow.log_metric("accuracy", 0.97)
    mlflow.sklearn.log_model(
        LogisticRegression(max_iter=1000).fit(x, y), name="model", input_example=x[:2], registered_model_name="iris"
    )
"""


def page(hub: LiveHub, path: str) -> str:
    """A page of the public repository, as anybody sees it."""
    answer = requests.get(f"{hub.url}/{path}", timeout=120)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.text


def snippets(text: str) -> list[str]:
    """The blocks of code of a page that can be pasted."""
    return [html.unescape(found) for found in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", text, re.DOTALL)]


def paste(hub: LiveHub, code: str, folder: Path, *, shell: bool = False) -> str:
    """Run the code in a fresh process as alice; what it printed."""
    login = {"MLFLOW_TRACKING_USERNAME": "alice", "MLFLOW_TRACKING_PASSWORD": hub.tokens["alice"]}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    words = ["bash", "-ec", code] if shell else [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(
        words, cwd=folder, env={**os.environ, **SETTINGS, **login, "PATH": path}, capture_output=True, timeout=240,
        check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_first_model_is_registered_loaded_and_fetched_by_pasting(hub: LiveHub, tmp_path: Path) -> None:
    repo = hub.new_repo("model-pages", visibility="public")
    paste(hub, snippets(page(hub, f"{repo}/models"))[0], tmp_path)
    assert "Newest: version 1" in page(hub, f"{repo}/models")
    load, _, fetch = snippets(page(hub, f"{repo}/models/double"))
    assert paste(hub, f"{load}\nprint(model.predict(21))", tmp_path).strip().endswith("42")
    paste(hub, fetch, tmp_path, shell=True)
    assert (tmp_path / "model" / "MLmodel").is_file()


def test_a_version_shows_what_the_client_logged(hub: LiveHub, tmp_path: Path) -> None:
    repo = hub.new_repo("model-version-page", visibility="public")
    paste(hub, LEARN.format(uri=f"{hub.url}/{repo}.mlflow"), tmp_path)
    shown = page(hub, f"{repo}/models/iris/1")
    for word in ("sepal length (cm)", "double", "sklearn_version", "training", "Input example", "5.1"):
        assert word in shown, word
    environment = shown[shown.index('id="environment"') :].partition("</section>")[0]
    for word in ("scikit-learn", "==", "requirements.txt", "conda.yaml", "python_env.yaml"):
        assert word in environment, word
    for path in ("requirements.txt", "conda.yaml"):
        page(hub, f"{repo}/models/iris/1/files/{path}")
    load, _, fetch = snippets(shown)[-3:]
    use = "import pandas as pd\nexample = pd.DataFrame([[5.1, 3.5, 1.4, 0.2]], columns=model.metadata.get_input_schema().input_names())"
    assert paste(hub, f"{load}\n{use}\nprint(model.predict(example))", tmp_path).strip() == "[0]"
    paste(hub, fetch, tmp_path, shell=True)
    assert (tmp_path / "model" / "requirements.txt").is_file()
    assert "0.97" in page(hub, f"{repo}/models/iris")
    assert "loader_module" in page(hub, f"{repo}/models/iris/1/files/MLmodel")


def test_the_first_prompt_is_registered_and_filled_in_by_pasting(hub: LiveHub, tmp_path: Path) -> None:
    repo = hub.new_repo("prompt-pages", visibility="public")
    paste(hub, snippets(page(hub, f"{repo}/prompts"))[0], tmp_path)
    shown = page(hub, f"{repo}/prompts/greeting")
    assert "First try" in shown
    assert paste(hub, snippets(shown)[-1], tmp_path).strip() == "Greet … in …."


FUNCTION = """
import mlflow
from mlflow.models import infer_signature

class Scale(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input * (params or {{}}).get("factor", 2)

mlflow.set_tracking_uri("{uri}")
example = __import__("pandas").DataFrame({{"width": [1.0], "height": [2.0]}})
with mlflow.start_run():
    mlflow.pyfunc.log_model(
        name="model", python_model=Scale(), input_example=example, pip_requirements=["mlflow", "pandas>=2"],
        signature=infer_signature(example, example, params={{"factor": 2}}), registered_model_name="scale",
    )
"""


def test_a_function_with_parameters_shows_its_signature_and_example(hub: LiveHub, tmp_path: Path) -> None:
    repo = hub.new_repo("function-page", visibility="public")
    paste(hub, FUNCTION.format(uri=f"{hub.url}/{repo}.mlflow"), tmp_path)
    shown = html.unescape(page(hub, f"{repo}/models/scale/1"))
    signature = shown[shown.index("<h2>Signature</h2>") :].partition("<h2>Flavours</h2>")[0]
    for word in ("width", "height", "double", "factor", "= 2", '"columns"', "Input example"):
        assert word in signature, word
    assert "pandas" in shown and ">=2" in shown
    load = snippets(page(hub, f"{repo}/models/scale/1"))[-3]
    use = 'import pandas as pd\nprint(model.predict(pd.DataFrame({"width": [3.0], "height": [4.0]}), {"factor": 10}).values.tolist())'
    assert paste(hub, f"{load}\n{use}", tmp_path).strip().endswith("[[30.0, 40.0]]")
