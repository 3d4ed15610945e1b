"""Places in the settings of people and organisations that rooms above this one offer; the menus show what there is."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class SettingsPlace:
    """A page of the menus: `person_url` is reversed as it is, `group_url` with the organisation's slug; "" is none."""

    key: str
    label: str
    icon: str
    person_url: str = ""
    group_url: str = ""


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """A place as the template needs it; `key` is what the page calls its `place`."""

    key: str
    label: str
    icon: str
    url: str


_places: dict[str, SettingsPlace] = {}


def register(place: SettingsPlace) -> None:
    """Offer a place; called in `apps.py` of the room that shows it. Registering a key twice replaces it."""
    _places[place.key] = place


def places_for(slug: str) -> list[ShownPlace]:
    """Those of the organisation `slug`, or of a person without one, in the order of their labels."""
    return [
        ShownPlace(
            key=place.key,
            label=place.label,
            icon=place.icon,
            url=reverse(place.group_url, kwargs={"slug": slug}) if slug else reverse(place.person_url),
        )
        for place in sorted(_places.values(), key=lambda place: place.label)
        if (place.group_url if slug else place.person_url)
    ]
