"""Trials of prompts: calls within limits, whatever the other side answers, and the runs that keep the results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from accounts.actor import ANONYMOUS, Actor
from accounts.levels import Level
from accounts.models import User
from hub.lib.errors import Conflict, Forbidden, Invalid, NotFound
from jobs.models import Job
from registry import tasks
from registry.completions import MAX_ANSWER
from registry.models import EndpointUse, ModelEndpoint, ModelEvent, PromptCall, PromptTrial, RegisteredModel
from registry.selectors.playground import calls_of
from registry.services.endpoints import fetch_models, remove_endpoint, save_endpoint
from registry.services.models import delete_registered_model
from registry.services.playground import Column, ask_trial, stop_trial
from registry.services.playground_work import continue_trial
from registry.services.purge import purge_repository
from repos.models import Activity, Collaborator, Repository
from storage import selectors as storage
from tests.factories.registry import make_prompt
from tests.support.language_model import KEY, LanguageModel, Said, completion, running_language_model, streamed
from tracking.locations import SPACE
from tracking.models import Experiment, LatestMetric, Param, Run, RunTag
from tracking.selectors.run_page import artifact_folder


@pytest.fixture
def served(settings) -> Iterator[LanguageModel]:
    settings.ALLOW_PRIVATE_TARGETS = True
    with running_language_model() as found:
        yield found


@pytest.fixture
def endpoint(repo: Repository, alice: User, served: LanguageModel) -> ModelEndpoint:
    return make(repo, alice, served, input_price=Decimal("0.5"), output_price=Decimal(2))


@pytest.fixture
def greeting(repo: Repository, alice: User) -> RegisteredModel:
    found = make_prompt(repo, "greeting", "Hello {{ name }}", "Good day {{name}}, {{ mood }}", actor=Actor(user=alice))
    found.repository = repo
    return found


def make(repo: Repository, user: User, served: LanguageModel, **words: Any) -> ModelEndpoint:
    given: dict[str, Any] = {"name": "own", "base_url": served.url, "key": KEY, "default_model": "tiny", **words}
    return save_endpoint(repository=repo, endpoint=None, actor=Actor(user=user), **given)


def ask(
    prompt: RegisteredModel, endpoint: ModelEndpoint, user: User | None, *rows: dict[str, str], **words: Any
) -> Any:
    actor = Actor(user=user) if user else ANONYMOUS
    given: dict[str, Any] = {"columns": [Column(1, "tiny")], "rows": rows or ({"name": "Ada"},), **words}
    return ask_trial(prompt=prompt, endpoint=endpoint, actor=actor, **given)


def work() -> int:
    """Do the waiting jobs, as a worker would; returns how many there were."""
    jobs = list(Job.objects.filter(state=Job.State.WAITING, task="registry.try_prompt").order_by("pk"))
    for job in jobs:
        tasks.try_prompt(job.pk)
    return len(jobs)


def one(prompt: RegisteredModel, endpoint: ModelEndpoint, user: User) -> PromptCall:
    """The only call of a trial that has ended."""
    trial = ask(prompt, endpoint, user)
    assert work() == 1
    trial.refresh_from_db()
    assert trial.finished_at and not trial.error
    (call,) = calls_of(trial)
    return call


def test_two_versions_and_rows_become_runs_with_tables(greeting, endpoint, served, bob, repo) -> None:
    columns = [Column(1, "tiny"), Column(2, "large")]
    rows = [{"name": "Ada", "mood": '"} {{ name }}'}, {"name": "Bo", "mood": "calm"}]
    trial = ask(greeting, endpoint, bob, *rows, columns=columns, temperature=0.25, max_tokens=64)
    assert served.received == [] and trial.finished_at is None
    assert work() == 1
    assert sorted(body["messages"][0]["content"] for _, _, body in served.received) == [
        "Good day Ada, \"} {{ name }}", "Good day Bo, calm", "Hello Ada", "Hello Bo",
    ]  # fmt: skip
    path, headers, body = served.received[0]
    assert (path, headers["Authorization"]) == ("/v1/chat/completions", f"Bearer {KEY}")
    assert (body["temperature"], body["max_tokens"], body["stream"]) == (0.25, 64, False)
    trial.refresh_from_db()
    runs = [Run.objects.get(uuid=column["run_id"]) for column in trial.columns]
    assert [run.status for run in runs] == ["FINISHED", "FINISHED"]
    assert Experiment.objects.get(pk=runs[0].experiment_id).name == "Playground"
    assert dict(Param.objects.filter(run=runs[1]).values_list("key", "value")) == {
        "prompt_name": "greeting", "prompt_version": "2", "model": "large", "endpoint": "own", "max_tokens": "64",
        "temperature": "0.25",
    }  # fmt: skip
    tags = dict(RunTag.objects.filter(run=runs[1]).values_list("key", "value"))
    assert json.loads(tags["mlflow.linkedPrompts"]) == [{"name": "greeting", "version": "2"}]
    assert json.loads(tags["mlflow.loggedArtifacts"]) == [{"path": "playground.json", "type": "table"}]
    metrics = dict(LatestMetric.objects.filter(run=runs[1]).values_list("key__name", "value"))
    assert (metrics["input_tokens"], metrics["output_tokens"], metrics["answers"], metrics["errors"]) == (14, 6, 2, 0)
    assert metrics["cost"] == pytest.approx((14 * 0.5 + 6 * 2) / 1000)
    stored = storage.get_object(repo, SPACE, f"{artifact_folder(runs[1])}/playground.json")
    table = json.loads(b"".join(storage.read_object(stored, 0, stored.size)))
    assert table["columns"][:3] == ["inputs/mood", "inputs/name", "output"]
    assert [row[:4] for row in table["data"]] == [
        ['"} {{ name }}', "Ada", 'large: Good day Ada, "} {{ name }}', None],
        ["calm", "Bo", "large: Good day Bo, calm", None],
    ]
    assert ModelEvent.objects.filter(verb="tried prompt").count() == 2
    assert Activity.objects.filter(verb="tried prompt", user=bob).count() == 2
    assert work() == 0


def test_chats_are_filled_in_message_by_message(repo, alice, endpoint, served) -> None:
    said = [{"role": "system", "content": "Be {{ mood }}"},
            {"role": "user", "content": [{"type": "text", "text": "Hi {{ mood }}"}, {"type": "image_url", "x": 1}]}]  # fmt: skip
    chat = make_prompt(repo, "talk", json.dumps(said), kind="chat")
    chat.repository = repo
    served.answer = lambda asked: Said(completion("fine"))
    ask(chat, endpoint, alice, {"mood": 'kind"}'})
    work()
    assert served.received[0][2]["messages"] == [
        {"role": "system", "content": 'Be kind"}'},
        {"role": "user", "content": [{"type": "text", "text": 'Hi kind"}'}, {"type": "image_url", "x": 1}]},
    ]


def test_a_streamed_answer_is_put_together(greeting, endpoint, served, bob) -> None:
    served.answer = lambda asked: Said(streamed("Hel", "lo"))
    call = one(greeting, endpoint, bob)
    assert (call.state, call.output, call.input_tokens, call.output_tokens) == ("done", "Hello", 5, 2)
    served.answer = lambda asked: Said(streamed("Hel", done=False))
    assert "no answer of a chat completion" in one(greeting, endpoint, bob).note


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b'{"error": {"message": "Incorrect API key provided: %s"}}' % KEY.encode(), "does not accept the key (401)"),
        (404, b'{"detail": "no such model"}', "knows no such model or address (404). It said: no such model"),
        (429, b"slow down", "takes no more calls now (429): its limit is reached. Try again later. It said: slow down"),
        (500, b"\xff\x00", "failed (500)"),
        (400, b"[" * 5000, "refused the call (400)"),
        (302, b"", "sends elsewhere (302), which is not followed"),
    ],
)  # fmt: skip
def test_refusals_are_said_plainly(status, body, words, greeting, endpoint, served, bob) -> None:
    served.answer = lambda asked: Said(body, status=status, headers={"Location": f"{served.url}/elsewhere"})
    call = one(greeting, endpoint, bob)
    assert call.state == "failed" and words in call.note and KEY not in call.note and "\0" not in call.note
    assert len(served.received) == 1
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b"hello", b'{"choices": []}', b'{"choices": [{"message": 1}]}', b"[" * 100_000,
     b"data: {", b"data: 1\n\ndata: [DONE", b'{"choices": 1}'],
)  # fmt: skip
def test_malformed_answers_are_no_accident(body, greeting, endpoint, served, bob) -> None:
    served.answer = lambda asked: Said(body)
    call = one(greeting, endpoint, bob)
    assert call.state == "failed" and "no answer of a chat completion" in call.note


def test_odd_but_whole_answers_are_kept(greeting, endpoint, served, bob) -> None:
    odd = {"choices": [{"message": {"content": "a\0b\ud800"}, "finish_reason": "length"}],
           "usage": {"prompt_tokens": -1, "completion_tokens": 10**30}}  # fmt: skip
    served.answer = lambda asked: Said(json.dumps(odd).encode())
    call = one(greeting, endpoint, bob)
    assert (call.output, call.input_tokens, call.output_tokens) == ("a\N{REPLACEMENT CHARACTER}b?", None, None)
    assert call.note == "Cut at the most tokens allowed."
    served.answer = lambda asked: Said(completion(f"your key is {KEY}" + "x" * 300_000))
    call = one(greeting, endpoint, bob)
    assert len(call.output) == 200_000 and KEY not in call.output and "characters are kept" in call.note


def test_huge_and_slow_answers_end(greeting, endpoint, served, bob, alice, repo) -> None:
    served.answer = lambda asked: Said(completion("x" * MAX_ANSWER))
    assert one(greeting, endpoint, bob).note == "The answer is larger than 2 MiB. It was not kept."
    slow = make(repo, alice, served, name="slow", seconds=1)
    served.answer = lambda asked: Said(completion("late"), pause=2)
    assert "did not answer within 1 seconds" in one(greeting, slow, bob).note


def test_private_addresses_are_refused(greeting, endpoint, bob, alice, served, settings, repo) -> None:
    settings.ALLOW_PRIVATE_TARGETS = False
    for url in (served.url, "https://127.0.0.1/v1", "https://[::1]/v1", "https://169.254.169.254/"):
        with pytest.raises(Invalid) as refused:
            make(repo, alice, served, name="inner", base_url=url)
        assert refused.value.field == "base_url"
    call = one(greeting, endpoint, bob)
    assert call.state == "failed" and "scheme" in call.note and not served.received


def test_the_key_is_sealed_and_bound_to_its_host(endpoint, served, alice, repo) -> None:
    assert KEY not in str(list(ModelEndpoint.objects.values()))
    assert KEY not in str(list(ModelEvent.objects.values())) + str(list(Activity.objects.values()))
    change: dict[str, Any] = {"repository": repo, "endpoint": endpoint, "name": "own", "actor": Actor(user=alice)}
    with pytest.raises(Invalid, match="another host") as refused:
        save_endpoint(**change, base_url=f"http://localhost:{served.port}/v1")
    assert refused.value.field == "key"
    endpoint.refresh_from_db()
    assert endpoint.base_url == served.url
    assert save_endpoint(**change, base_url=f"{served.url}/chat/completions").base_url == served.url
    assert ModelEndpoint.objects.get().sealed_key
    assert fetch_models(endpoint=endpoint, actor=Actor(user=alice)) == ["large", "tiny"]
    assert served.received[-1][:1] == ("/v1/models",) and served.received[-1][1]["Authorization"] == f"Bearer {KEY}"
    assert not save_endpoint(**change, base_url=served.url, forget_key=True).sealed_key


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"name": " "}, "name"), ({"name": "x" * 64}, "name"), ({"base_url": "ftp://x/"}, "base_url"),
        ({"base_url": "http://127.0.0.1/v1?x=1"}, "base_url"), ({"base_url": ""}, "base_url"),
        ({"base_url": "http://127.0.0.1/\r\nX: y"}, "base_url"), ({"key": "a\r\nb"}, "key"), ({"key": "ü"}, "key"),
        ({"max_tokens": 0}, "max_tokens"), ({"calls_per_hour": 10**9}, "calls_per_hour"), ({"seconds": 301}, "seconds"),
        ({"default_model": "x\0"}, "default_model"), ({"offered": ["x" * 201]}, "offered"),
    ],
)  # fmt: skip
def test_bad_endpoints_are_refused(words, field, repo, alice, served) -> None:
    with pytest.raises(Invalid) as refused:
        make(repo, alice, served, **words)
    assert refused.value.field == field and not ModelEndpoint.objects.exists()


def test_who_may(greeting, endpoint, alice, bob, carol, mallory, repo) -> None:
    for user in (carol, mallory, None):
        with pytest.raises(Forbidden):
            ask(greeting, endpoint, user)
    for user in (bob, carol):
        with pytest.raises(Forbidden):
            save_endpoint(repository=repo, endpoint=None, name="x", base_url="https://x", actor=Actor(user=user))
        with pytest.raises(Forbidden):
            remove_endpoint(endpoint=endpoint, actor=Actor(user=user))
        with pytest.raises(Forbidden):
            fetch_models(endpoint=endpoint, actor=Actor(user=user))
    trial = ask(greeting, endpoint, bob)
    with pytest.raises(Forbidden):
        stop_trial(trial=trial, actor=Actor(user=carol))
    assert stop_trial(trial=trial, actor=Actor(user=alice)) == 1


def test_the_hour_is_limited_per_person_and_deleting_the_prompt_gives_none_back(
    greeting, alice, bob, served, repo
) -> None:
    endpoint = make(repo, alice, served, calls_per_hour=3)
    ask(greeting, endpoint, bob, {"name": "a"}, {"name": "b"})
    with pytest.raises(Invalid, match="you have used 2, and this takes 2") as refused:
        ask(greeting, endpoint, bob, {"name": "a"}, {"name": "b"})
    assert "Nothing was called" in refused.value.message
    ask(greeting, endpoint, alice, {"name": "a"}, {"name": "b"})
    delete_registered_model(repository=repo, name="greeting", actor=Actor(user=alice))
    assert not PromptCall.objects.exists()
    again = make_prompt(repo, "greeting")
    again.repository = repo
    with pytest.raises(Invalid, match="you have used 2"):
        ask(again, endpoint, bob, {"name": "a"}, {"name": "b"})
    EndpointUse.objects.update(asked_at=0)
    assert ask(again, endpoint, bob, {"name": "a"}, {"name": "b"}).number == 1


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"columns": []}, "version_0"), ({"columns": [Column(1, "tiny")] * 2}, "version_1"),
        ({"columns": [Column(1, str(n)) for n in range(4)]}, "version_0"), ({"columns": [Column(1, "")]}, "model_0"),
        ({"columns": [Column(1, "x\0")]}, "model_0"), ({"columns": [Column(2, "tiny")]}, "version_0"),
        ({"rows": []}, "csv"), ({"rows": [{"name": ""}] * 21}, "csv"), ({"rows": [{"name": "x" * 50_001}]}, "csv"),
        ({"rows": [{"name": "\0"}]}, "csv"), ({"rows": [{}]}, "version_0"), ({"temperature": 2.5}, "temperature"),
        ({"temperature": float("nan")}, "temperature"), ({"max_tokens": 1025}, "max_tokens"), ({"max_tokens": 0}, "max_tokens"),
        ({"experiment": "x" * 501}, "experiment"),
    ],
)  # fmt: skip
def test_what_cannot_be_tried_costs_nothing(words, field, greeting, endpoint, bob) -> None:
    with pytest.raises(Invalid) as refused:
        ask(greeting, endpoint, bob, **words)
    assert refused.value.field == field
    assert not PromptTrial.objects.exists() and not EndpointUse.objects.exists()


def test_unknown_versions_and_broken_chats_are_refused(greeting, endpoint, bob, repo) -> None:
    with pytest.raises(NotFound):
        ask(greeting, endpoint, bob, columns=[Column(9, "tiny")])
    broken = make_prompt(repo, "broken", "not json", kind="chat")
    broken.repository = repo
    with pytest.raises(Invalid, match="no list of messages"):
        ask(broken, endpoint, bob, {})


def test_a_call_is_sent_once_even_when_a_worker_dies(greeting, endpoint, served, bob) -> None:
    trial = ask(greeting, endpoint, bob, *({"name": str(n)} for n in range(6)))
    PromptCall.objects.filter(trial=trial, row=0).update(state=PromptCall.State.SENT)
    continue_trial(trial_id=trial.pk, seconds=0)
    assert len(served.received) == 4
    assert [call.state for call in calls_of(trial)] == ["failed", *["done"] * 4, "waiting"]
    work()
    assert len(served.received) == 5
    continue_trial(trial_id=trial.pk)
    assert len(served.received) == 5 and Run.objects.count() == 1


def test_stopped_and_removed_mean_no_more_calls(greeting, endpoint, served, bob, alice) -> None:
    trial = ask(greeting, endpoint, bob, {"name": "a"}, {"name": "b"})
    assert stop_trial(trial=trial, actor=Actor(user=bob)) == 2
    work()
    trial.refresh_from_db()
    assert trial.finished_at and not served.received
    trial = ask(greeting, endpoint, bob)
    remove_endpoint(endpoint=endpoint, actor=Actor(user=alice))
    work()
    assert not served.received
    assert [call.note for call in calls_of(trial)] == ["The endpoint was removed before this could be sent."]


def test_nothing_is_called_for_who_lost_access_meanwhile(greeting, endpoint, served, bob, repo) -> None:
    trial = ask(greeting, endpoint, bob, *({"name": str(n)} for n in range(5)))
    continue_trial(trial_id=trial.pk, seconds=0)
    assert len(served.received) == 4
    Collaborator.objects.filter(repository=repo, user=bob).update(level=Level.READ)
    continue_trial(trial_id=trial.pk)
    assert len(served.received) == 4
    assert calls_of(trial)[-1].note == "Who asked for this has no write access any more."


def test_an_endpoint_that_is_removed_while_a_job_works_is_not_called_again(
    greeting, endpoint, served, bob, alice, monkeypatch
) -> None:
    from registry.services import playground_work

    trial = ask(greeting, endpoint, bob, *({"name": str(n)} for n in range(5)))
    keep = playground_work._keep

    def removing(call, answer) -> None:
        keep(call, answer)
        if ModelEndpoint.objects.filter(pk=endpoint.pk).exists():
            remove_endpoint(endpoint=ModelEndpoint.objects.get(pk=endpoint.pk), actor=Actor(user=alice))

    monkeypatch.setattr(playground_work, "_keep", removing)
    work()
    assert len(served.received) == 4
    assert calls_of(trial)[-1].note == "The endpoint was removed before this could be sent."


def test_names_are_taken_once(endpoint, served, alice, repo) -> None:
    with pytest.raises(Conflict) as refused:
        make(repo, alice, served)
    assert refused.value.field == "name" and ModelEndpoint.objects.count() == 1
    other = make(repo, alice, served, name="other")
    with pytest.raises(Conflict):
        save_endpoint(repository=repo, endpoint=other, name="own", base_url=served.url, actor=Actor(user=alice))
    assert sorted(ModelEndpoint.objects.values_list("name", flat=True)) == ["other", "own"]


def test_nothing_is_left_of_a_repository_that_goes(greeting, endpoint, bob, repo) -> None:
    ask(greeting, endpoint, bob)
    purge_repository(repository=repo)
    for table in (ModelEndpoint, EndpointUse, PromptTrial, PromptCall):
        assert not table.objects.exists()


def test_answers_survive_an_experiment_that_went(greeting, endpoint, bob, repo) -> None:
    from tracking.services.experiments import delete_experiment

    trial = ask(greeting, endpoint, bob, experiment="mine")
    delete_experiment(repository=repo, number=trial.experiment)
    work()
    trial.refresh_from_db()
    assert trial.finished_at and trial.error.startswith("The answers are kept here, but not as runs: ")
    assert [call.state for call in calls_of(trial)] == ["done"]
