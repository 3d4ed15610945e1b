"""A prompt that was tried: an endpoint, answers of two models side by side, and a trial that is under way."""

from __future__ import annotations

from accounts.actor import Actor
from registry.prompts import variables_of
from registry.selectors.pages import model_of
from registry.selectors.playground import texts_of
from registry.services.playground import Column
from repos.models import Repository
from tests.factories.playground import make_endpoint, make_trial

_GOOD = "Three cairns were found on the ridge; the northern one has fallen and was stacked again by visitors."
_LONG = f"{_GOOD}\n\n- Height: 1.2 m\n- Stones: 43\n- Lichen: Rhizocarpon_geographicum_on_the_weather_side\n\n" * 3


def fill_with_trials(repository: Repository, actor: Actor) -> None:
    """Trials 1 (ended) and 2 (going) of the prompt `summary`."""
    prompt = model_of(repository, "summary")
    endpoint = make_endpoint(repository, pk=1, input_price="0.15", output_price="0.6")
    names = variables_of("".join(text.text for text in texts_of(prompt, [1, 2]).values()))
    rows = [{name: f"{name} of ridge {number}: a cairn, leaning" for name in names} for number in range(2)]
    columns = (Column(1, "tiny-chat"), Column(2, "tiny-chat"), Column(2, "large-chat-with-a-long-name-2026-11-preview"))
    make_trial(prompt, endpoint, actor, rows, *columns, answers=[_GOOD, _LONG, "", _GOOD, _GOOD, _LONG])
    make_trial(prompt, endpoint, actor, rows, *columns[:2])
