"""The playground: a prompt is tried with values, versions and models; the answers come in while one looks."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from accounts.levels import Level
from hub.lib.errors import HubError, NotFound
from registry.forms_playground import TrialForm
from registry.models import ModelVersion, PromptTrial, RegisteredModel
from registry.prompts import variables_of
from registry.selectors.pages import model_of, version_of, versions_of
from registry.selectors.playground import (
    RECENT,
    calls_of,
    endpoints_of,
    progress_of,
    sums_of,
    texts_of,
    trial_of,
    trials_of,
    used_this_hour,
)
from registry.services.playground import MOST_COLUMNS, MOST_ROWS, ask_trial, stop_trial
from registry.services.playground_runs import TABLE
from registry.views.addresses import TAB, home_of, page_of
from registry.views.snippets import serve_language_model
from repos.models import Repository
from repos.views.frame import actor_of, draw, refuse, repo_page
from tracking.views.runs import run_url

VERSIONS = 100


@repo_page()
def playground(request: HttpRequest, repo: Repository, model: str, number: int) -> HttpResponse:
    """What a version of a prompt can be tried with, and the latest trials; `?again=3` starts from trial 3."""
    found, version = _version(repo, model, number)
    word = request.GET.get("again", "")
    initial: dict[str, Any] = {"version_0": number}
    values: list[dict[str, str]] = []
    if word.isascii() and word.isdecimal() and len(word) < 11:
        trial = trial_of(found, int(word))
        values = trial.rows
        initial |= {"endpoint": trial.endpoint_id, "temperature": trial.temperature, "max_tokens": trial.max_tokens,
                    "experiment": trial.experiment_name}  # fmt: skip
        for place, column in enumerate(trial.columns):
            initial |= {f"version_{place}": column["version"], f"model_{place}": column["model"]}
    chosen = [initial[f"version_{place}"] for place in range(MOST_COLUMNS) if f"version_{place}" in initial]
    form = _form(repo, found, variables=_variables(found, chosen), initial=initial)
    return _draw(request, repo, version, form, values)


@repo_page("POST", needs=Level.WRITE)
def trials(request: HttpRequest, repo: Repository, model: str, number: int) -> HttpResponse:
    """Try the prompt as asked."""
    found, version = _version(repo, model, number)
    chosen = [request.POST.get(f"version_{place}", "") for place in range(MOST_COLUMNS)]
    numbers = [int(word) for word in chosen if word.isascii() and word.isdecimal() and len(word) < 10]
    form = _form(repo, found, data=request.POST, variables=_variables(found, [number, *numbers]))
    values = _typed(request, form.variables)
    if form.is_valid():
        data = form.cleaned_data
        try:
            trial = ask_trial(
                prompt=found, endpoint=data["endpoint"], columns=form.columns(), rows=data["csv"] or values,
                temperature=data["temperature"], max_tokens=data["max_tokens"], experiment=data["experiment"],
                actor=actor_of(request),
            )  # fmt: skip
        except HubError as error:
            refuse(form, error)
        else:
            return redirect(home_of(repo, "trial", model=model, trial=trial.number))
    return _draw(request, repo, version, form, values, status=400)


def _version(repo: Repository, name: str, number: int) -> tuple[RegisteredModel, ModelVersion]:
    found = model_of(repo, name)
    if not found.is_prompt:
        raise NotFound(f"{name} is a model, not a prompt.", next_step="Only prompts are tried here.")
    return found, version_of(found, number)


def _variables(prompt: RegisteredModel, numbers: list[int]) -> list[str]:
    """The variables of all the versions, each once."""
    texts = texts_of(prompt, numbers)
    listed = [name for number in dict.fromkeys(numbers) if number in texts for name in variables_of(texts[number].text)]
    return list(dict.fromkeys(listed))


def _form(repo: Repository, prompt: RegisteredModel, *, variables: list[str], **words: Any) -> TrialForm:
    numbers = list(versions_of(prompt).values_list("number", flat=True)[:VERSIONS])
    return TrialForm(endpoints=endpoints_of(repo), versions=numbers, variables=variables, **words)


def _typed(request: HttpRequest, variables: list[str]) -> list[dict[str, str]]:
    """The rows typed; one more than allowed is read, so that too many are refused and not cut."""
    columns = {name: request.POST.getlist(f"value.{name}")[: MOST_ROWS + 1] for name in variables}
    count = max((len(values) for values in columns.values()), default=1)
    return [
        {name: values[row] if row < len(values) else "" for name, values in columns.items()} for row in range(count)
    ] or [{}]


def _draw(
    request: HttpRequest, repo: Repository, version: ModelVersion, form: TrialForm, values: list[dict[str, str]],
    *, status: int = 200,
) -> HttpResponse:  # fmt: skip
    prompt, actor = version.model, actor_of(request)
    listed = list(endpoints_of(repo))
    rows = [[(name, row.get(name, "")) for name in form.variables] for row in values or [{}]]
    recent = [
        (each, home_of(repo, "trial", model=prompt.name, trial=each.number)) for each in trials_of(prompt)[:RECENT]
    ]
    context = {
        "model": prompt, "version": version, "form": form, "rows": rows, "recent": recent, "most_rows": MOST_ROWS,
        "home": page_of(repo, prompt), "version_url": page_of(repo, prompt, version.number),
        "action": home_of(repo, "trials", model=prompt.name, number=version.number),
        "endpoints": [(each, used_this_hour(each, actor.user) if actor.user else 0) for each in listed],
        "offered": sorted({name for each in listed for name in [*each.offered, each.default_model] if name}),
        "endpoints_url": home_of(repo, "endpoints"), "snippets": serve_language_model() if not listed else [],
    }  # fmt: skip
    return draw(request, repo, "registry/playground.html", context, active=TAB, status=status)


@repo_page()
def trial(request: HttpRequest, repo: Repository, model: str, trial: int) -> HttpResponse:
    """The answers of a trial, side by side; asks again by itself while calls are under way."""
    prompt = model_of(repo, model)
    found = trial_of(prompt, trial)
    calls = calls_of(found)
    columns = []
    for place, column in enumerate(found.columns):
        run = run_url(repo, found.experiment, column["run_id"]) if column["run_id"] else ""
        mine = [call for call in calls if call.column == place]
        columns.append({**column, "run": run, "url": page_of(repo, prompt, column["version"]),
                        "sums": sums_of(mine, found.endpoint)})  # fmt: skip
    newest = found.columns[0]["version"]
    runs = [column["run_id"] for column in columns if column["run"]]
    context = {
        "model": prompt, "trial": found, "columns": columns, "progress": progress_of(calls),
        "rows": [(row, sorted(values.items()), [call for call in calls if call.row == row])
                 for row, values in enumerate(found.rows)],
        "home": page_of(repo, prompt), "here": home_of(repo, "trial", model=model, trial=trial),
        "again": f"{home_of(repo, 'playground', model=model, number=newest)}?again={trial}",
        "runs": runs, "compared": _compared(repo, found, runs),
    }  # fmt: skip
    return draw(request, repo, "registry/playground_trial.html", context, part="registry/playground_answers.html",
                active=TAB)  # fmt: skip


def _compared(repo: Repository, trial: PromptTrial, runs: list[str]) -> str:
    """The page that joins the tables of the runs, row by row."""
    where = {"owner": repo.owner.slug, "name": repo.name, "number": trial.experiment}
    asked = QueryDict(mutable=True)
    asked.setlist("run", runs)
    asked["file"], asked["col"] = TABLE, "output"
    return f"{reverse('tracking:compare_files', kwargs=where)}?{asked.urlencode()}"


@repo_page("POST", needs=Level.WRITE)
def stop(request: HttpRequest, repo: Repository, model: str, trial: int) -> HttpResponse:
    """Make no more calls."""
    found = trial_of(model_of(repo, model), trial)
    stopped = stop_trial(trial=found, actor=actor_of(request))
    words = f"{stopped} call{'s are' if stopped > 1 else ' is'} not made. Answers that came are kept."
    messages.success(request, words if stopped else "Nothing was waiting any more.")
    return redirect(home_of(repo, "trial", model=model, trial=trial))
