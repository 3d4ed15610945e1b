"""What the pages of traces and evaluations tell people to paste works as pasted; what is said there clients read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests

from tests.support.live import LiveHub
from tests.wire.test_mlflow_model_pages import page, paste, snippets

pytestmark = pytest.mark.wire

PASSWORD = "correct horse battery"
# What an OTLP exporter does with its environment; the exporters themselves are no dependency of the tests.
SEND = """
import os, urllib.parse, urllib.request
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

export = ExportTraceServiceRequest()
span = export.resource_spans.add().scope_spans.add().spans.add()
span.trace_id, span.span_id, span.name = b"t" * 16, b"s" * 8, "checkout"
span.start_time_unix_nano, span.end_time_unix_nano = 1_790_000_000_000_000_000, 1_790_000_001_000_000_000
for key, count in (("input", 3), ("output", 4)):
    said = span.attributes.add(key=f"gen_ai.usage.{key}_tokens")
    said.value.int_value = count
assert os.environ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] == "http/protobuf"
pairs = [pair.split("=", 1) for pair in os.environ["OTEL_EXPORTER_OTLP_TRACES_HEADERS"].split(",")]
headers = {key: urllib.parse.unquote(value) for key, value in pairs}
request = urllib.request.Request(
    os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"], export.SerializeToString(),
    {"Content-Type": "application/x-protobuf", **headers},
)
assert urllib.request.urlopen(request).status == 200
"""
READ = """
import mlflow
mlflow.set_tracking_uri("{uri}")
(trace,) = mlflow.search_traces(locations=["{number}"], filter_string="feedback.correctness = 'true'", return_type="list")
(said,) = trace.info.assessments
print(said.name, said.value, said.rationale, said.source.source_type, said.source.source_id)
"""
AS_GETPASS = "import os; import getpass; getpass.getpass = lambda prompt: os.environ['MLFLOW_TRACKING_PASSWORD']\n"


def signed_in(hub: LiveHub) -> requests.Session:
    """The browser of alice."""
    session = requests.Session()
    form = session.get(f"{hub.url}/-/login", timeout=120).text
    answer = session.post(f"{hub.url}/-/login", {"login": "alice", "password": PASSWORD, **_token(form)}, timeout=120)
    assert answer.status_code == 200 and "Account of alice" in answer.text
    return session


def _token(text: str) -> dict[str, str]:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
    return {"csrfmiddlewaretoken": found[1] if found else ""}


def test_first_traces_are_sent_by_pasting(hub: LiveHub, tmp_path: Path) -> None:
    repo = hub.new_repo("trace-pages", visibility="public")
    here = f"{repo}/experiments/0/traces"
    paste(
        hub, f"import mlflow; mlflow.set_tracking_uri('{hub.url}/{repo}.mlflow'); mlflow.search_experiments()", tmp_path
    )
    python, autolog, otlp = snippets(page(hub, here))
    paste(hub, AS_GETPASS + python, tmp_path)
    shown = page(hub, here)
    assert "Where does the path go?" in shown and "You asked: Where does the path go?" in shown
    assert "mlflow.openai.autolog()" in autolog
    (tmp_path / "send.py").write_text(SEND)
    paste(hub, f"TOKEN={hub.tokens['alice']}\n{otlp}\npython send.py", tmp_path, shell=True)
    shown = page(hub, f"{here}?cols=name&cols=tokens")
    assert "checkout" in shown and ">7<" in shown and "2 traces" in shown


def test_an_evaluation_and_a_dataset_are_made_by_pasting(hub: LiveHub, tmp_path: Path) -> None:
    repo = hub.new_repo("evaluation-pages", visibility="public")
    start = f"import mlflow; mlflow.set_tracking_uri('{hub.url}/{repo}.mlflow'); mlflow.set_experiment('sums')"
    paste(hub, start, tmp_path)
    here = f"{repo}/experiments/1"
    (code,) = snippets(page(hub, f"{here}/evaluations"))
    for _ in range(2):
        paste(hub, AS_GETPASS + code, tmp_path)
    shown = page(hub, f"{here}/evaluations")
    runs = re.findall(r'name="run" value="([0-9a-f]{32})"', shown)
    assert shown.count("50 %") == 2 and len(runs) == 2
    rows = page(hub, f"{here}/evaluations/compare?run={runs[0]}&run={runs[1]}")
    assert "2 evaluations, row by row" in rows and "3 + 3" in rows and "Not asked" not in rows
    (collect,) = snippets(page(hub, f"{repo}/experiments/datasets"))
    paste(hub, AS_GETPASS + collect, tmp_path)
    listed = page(hub, f"{repo}/experiments/datasets")
    made = re.search(rf'href="/({repo}/experiments/datasets/d-[0-9a-f]+)"', listed)
    assert made and "2 records" in listed
    (load,) = snippets(page(hub, made[1]))
    assert "3 + 3" in paste(hub, load, tmp_path)


def test_a_scorer_is_registered_by_pasting(hub: LiveHub, tmp_path: Path) -> None:
    repo = hub.new_repo("scorer-pages", visibility="public")
    start = f"import mlflow; mlflow.set_tracking_uri('{hub.url}/{repo}.mlflow'); mlflow.set_experiment('judged')"
    paste(hub, start, tmp_path)
    (code,) = snippets(page(hub, f"{repo}/experiments/1/scorers"))
    paste(hub, AS_GETPASS + code, tmp_path)
    assert "Is the answer in {{ outputs }} polite?" in page(hub, f"{repo}/experiments/1/scorers?name=politeness")


def test_feedback_given_on_the_page_is_read_by_the_client(hub: LiveHub, tmp_path: Path) -> None:
    repo = hub.new_repo("feedback-pages", visibility="public")
    uri = f"{hub.url}/{repo}.mlflow"
    paste(hub, f"import mlflow; mlflow.set_tracking_uri('{uri}'); mlflow.set_experiment('chat')\n"
               "with mlflow.start_span('answer') as span: span.set_inputs({'q': 'why'})\nmlflow.flush_trace_async_logging()",
          tmp_path)  # fmt: skip
    trace = re.search(r"/experiments/1/traces/(tr-[0-9a-f]+)", page(hub, f"{repo}/experiments/1/traces"))
    assert trace
    session, url = signed_in(hub), f"{hub.url}/{repo}/experiments/1/traces/{trace[1]}"
    words = {"kind": "feedback", "name": "correctness", "thumb": "yes", "rationale": "it is", "form": "text"}
    answer = session.post(f"{url}/assessments", {**words, **_token(session.get(url, timeout=120).text)}, timeout=120)
    assert answer.status_code == 200 and "correctness is saved." in answer.text
    assert paste(hub, READ.format(uri=uri, number=1), tmp_path).strip() == "correctness True it is HUMAN alice"
