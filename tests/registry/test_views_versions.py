"""The page of a version: lineage, signature, files, stage; comparing versions."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from hub.lib.http import UNTRUSTED_POLICY
from registry.models import ModelVersion, ModelVersionTag
from registry.services.aliases import set_alias
from repos.models import Repository
from storage.services import put_object
from tests.factories.registry import MLMODEL, REQUIREMENTS, make_logged_model, make_model, make_version
from tests.factories.tracking import make_artifact, make_experiment, make_run
from tests.registry.test_views_models import BrowserOf, questions, text_of
from tracking.locations import SPACE
from tracking.models import LoggedModel, Run
from tracking.selectors.run_page import model_folder

PAGE = "/alice/stones/models/iris"
FIRST = f"{PAGE}/1"


@pytest.fixture
def bobs(bob: User, browser_of: BrowserOf) -> Client:
    return browser_of(bob)


def test_the_page_leads_back_to_commit_data_run_and_model(
    repo: Repository, version: ModelVersion, run: Run, logged: LoggedModel, commit: str, bobs: Client
) -> None:
    page = text_of(bobs.get(FIRST))
    links = [
        f"/alice/stones/src/{commit}",
        f"/alice/stones/experiments/1/runs/{run.uuid}",
        f"/alice/stones/experiments/1/runs/{run.uuid}/models/{logged.uuid}",
    ]
    places = [page.index(f'href="{link}"') for link in links]
    assert places == sorted(places)
    assert page.index("petals") < places[1] and "training" in page
    for link in links:
        assert bobs.get(link).status_code == 200
    assert "<strong>first</strong>" in page and 'scope="row">acc</th><td class="number">0.5<' in page


def test_the_page_shows_what_goes_in_and_comes_out(version: ModelVersion, bobs: Client) -> None:
    made = bobs.get(FIRST).context["made"]
    assert [(each.name, each.kind, each.optional) for each in made.mlmodel.inputs] == [
        ("sepal length", "double", False),
        ("age", "long", True),
    ]
    assert [each.kind for each in made.mlmodel.outputs] == ["float64 (-1, 3)"]
    assert [(each.name, each.default) for each in made.mlmodel.params] == [("top", "3")]
    assert [flavour.name for flavour in made.mlmodel.flavours] == ["python_function", "sklearn"]
    assert made.example == '{"columns": ["age"], "data": [[41]]}'
    assert made.size == len(MLMODEL) + len(made.example) + len(b"\x80\x04.") + len(REQUIREMENTS)
    assert made.requirements == [("mlflow", "==3.18.0"), ("scikit-learn", ">=1.7,<2")]
    assert made.environment == ["requirements.txt"]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x00", b"[1, 2]", b"just words", b"a: [", b"a: &x [1]\nb: *x\n", b"[" * 100_000, b"x" * 1_100_000,
        b"flavors: 3\nsignature: {inputs: '[[[[', outputs: '{}'}\nsaved_input_example_info: {artifact_path: ../../x}\n",
        b"signature: {inputs: '" + b"[" * 50_000 + b"'}", b"signature: {inputs: '[1, null, {\"type\": {}}]'}",
    ],
)  # fmt: skip
def test_no_mlmodel_file_breaks_the_page(
    content: bytes, repo: Repository, version: ModelVersion, logged: LoggedModel, bobs: Client
) -> None:
    """The attack: a writer logs an MLmodel file that is deep, aliased, huge, or none."""
    put_object(repository=repo, space=SPACE, key=f"{model_folder(logged)}/MLmodel", chunks=[content])
    answer = bobs.get(FIRST)
    assert answer.status_code == 200 and answer.context["made"].example == ""
    assert bobs.get(f"{PAGE}/compare?versions=1").status_code == 400


def test_the_page_asks_a_fixed_number_of_questions(version: ModelVersion, bobs: Client) -> None:
    bobs.get(FIRST)
    assert questions(bobs, FIRST) == 30


def test_a_stage_is_changed_and_others_archived(repo: Repository, version: ModelVersion, bobs: Client) -> None:
    make_version(repo)
    bobs.post(f"{FIRST}/stage", {"stage": "Production"})
    bobs.post(f"{PAGE}/2/stage", {"stage": "Production", "archive": "on"})
    assert dict(ModelVersion.objects.values_list("number", "stage")) == {1: "Archived", 2: "Production"}
    for wrong in ({"stage": "Gone"}, {"stage": "Archived", "archive": "on"}):
        assert "Nothing was changed" in text_of(bobs.post(f"{FIRST}/stage", wrong, follow=True))


def test_description_and_tags_are_changed(version: ModelVersion, bobs: Client) -> None:
    bobs.post(f"{FIRST}/description", {"description": "Better"})
    bobs.post(f"{FIRST}/tags", {"key": "checked", "value": "yes"})
    version.refresh_from_db()
    assert version.description == "Better"
    assert list(ModelVersionTag.objects.values_list("key", "value")) == [("checked", "yes")]
    bobs.post(f"{FIRST}/tags", {"remove": "checked"})
    assert not ModelVersionTag.objects.exists()


def test_deleting_names_the_aliases_that_go(repo: Repository, version: ModelVersion, bob: User, bobs: Client) -> None:
    set_alias(repository=repo, name="iris", alias="champion", version="1", actor=Actor(user=bob))
    assert "champion" in text_of(bobs.get(f"{FIRST}/deletion"))
    assert bobs.post(f"{FIRST}/deletion")["Location"] == PAGE
    assert bobs.get(FIRST).status_code == 404
    assert "No versions" in text_of(bobs.get(PAGE))


def test_files_are_listed_shown_and_handed_out(
    repo: Repository, version: ModelVersion, logged: LoggedModel, bobs: Client
) -> None:
    put_object(repository=repo, space=SPACE, key=f"{model_folder(logged)}/docs/page.html", chunks=[b"<b>x</b>"])
    listed = bobs.get(f"{FIRST}/files")
    assert [entry.name for entry in listed.context["tree"].inside.nodes] == [
        "docs", "MLmodel", "input_example.json", "model.pkl", "requirements.txt",
    ]  # fmt: skip
    assert "loader_module" in text_of(bobs.get(f"{FIRST}/files/MLmodel"))
    raw = bobs.get(f"{FIRST}/raw/MLmodel?download")
    assert b"".join(raw.streaming_content) == MLMODEL and raw["Content-Disposition"].startswith("attachment")
    framed = bobs.get(f"{FIRST}/frame/docs/page.html")
    assert b"".join(framed.streaming_content) == b"<b>x</b>"
    assert framed["Content-Security-Policy"] == UNTRUSTED_POLICY
    for missing in ("nothing", "docs/nothing", "docs"):
        assert bobs.get(f"{FIRST}/raw/{missing}").status_code == 404


@pytest.mark.parametrize("place", ["../notes.txt", "%2e%2e/notes.txt", "..%2fnotes.txt"])
def test_files_beside_the_model_stay_there(
    place: str, repo: Repository, version: ModelVersion, run: Run, bobs: Client
) -> None:
    """The attack: climbing out of the version's folder into the files of a run."""
    make_artifact(repo, run, "notes.txt", b"secret")
    assert bobs.get(f"{FIRST}/raw/{place}").status_code in (400, 404)


def test_a_version_made_of_a_folder_of_a_run_shows_that(repo: Repository, run: Run, bobs: Client) -> None:
    make_artifact(repo, run, "old/MLmodel", MLMODEL)
    make_model(repo)
    make_version(repo, source=f"runs:/{run.uuid}/old", run_id=run.uuid)
    assert [entry.name for entry in bobs.get(f"{FIRST}/files").context["tree"].inside.nodes] == ["MLmodel"]
    assert bobs.get(FIRST).context["made"].mlmodel.mlflow_version == "3.18.0"


def test_files_kept_elsewhere_are_told(repo: Repository, bobs: Client) -> None:
    make_model(repo)
    make_version(repo, source="s3://bucket/model")
    assert "s3://bucket/model" in text_of(bobs.get(f"{FIRST}/files"))
    assert bobs.get(f"{FIRST}/raw/MLmodel").status_code == 404


def test_versions_are_compared_with_what_differs_first(
    repo: Repository, version: ModelVersion, commit: str, bobs: Client
) -> None:
    other = make_run(repo, make_experiment(repo, "more"), params={"lr": "0.2"}, metrics={"acc": [0.75], "f1": [0.5]})
    changed = MLMODEL.replace(b'"double", "name": "sepal', b'"float", "name": "sepal')
    make_version(
        repo,
        logged=make_logged_model(repo, other, mlmodel=changed, requirements=b"mlflow==3.18.0\nnumpy"),
        tags=[("checked", "yes")],
    )
    make_version(repo, source="s3://bucket/model")
    compared = bobs.get(f"{PAGE}/compare?versions=3&versions=2,1").context["compared"]
    groups = {title: [(line.key, line.values, line.differs) for line in lines] for title, _, lines in compared.groups}
    assert groups["Metrics"] == [("acc", ("0.5", "0.75", ""), True), ("f1", ("", "0.5", ""), True)]
    assert groups["Parameters"] == [("lr", ("0.1", "0.2", ""), True)]
    assert groups["Inputs"][-1] == ("sepal length", ("double", "float", ""), True)
    assert groups["Parameters of the signature"] == [("top", ("long", "long", ""), True)]
    assert groups["Requirements"] == [
        ("mlflow", ("==3.18.0", "==3.18.0", ""), True),
        ("numpy", ("", "any", ""), True),
        ("scikit-learn", (">=1.7,<2", "", ""), True),
    ]
    assert groups["Tags of the version"] == [("checked", ("", "yes", ""), True)]
    assert [line.version.number for line in compared.lines] == [1, 2, 3]


def test_same_values_come_last(repo: Repository, version: ModelVersion, logged: LoggedModel, bobs: Client) -> None:
    make_version(repo, logged=logged)
    compared = bobs.get(f"{PAGE}/compare?versions=1,2").context["compared"]
    assert not any(line.differs for _, _, lines in compared.groups for line in lines)


@pytest.mark.parametrize("query", ["", "?versions=1", "?versions=1,9", "?versions=²,a", "?versions=1,99999999999999"])
def test_comparing_needs_two_versions(query: str, version: ModelVersion, bobs: Client) -> None:
    answer = bobs.get(f"{PAGE}/compare{query}")
    assert answer.status_code == 400 and "Pick 2 to 10 versions of iris" in text_of(answer)
