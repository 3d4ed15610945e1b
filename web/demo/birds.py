"""Measurements of penguins that never lived, the same ones every time."""

from __future__ import annotations

import random
from dataclasses import dataclass

SPECIES = ("Pebble", "Ridge", "Tide")
ISLANDS = {"Pebble": ("Holm", "Ness", "Skerry"), "Ridge": ("Ness",), "Tide": ("Holm", "Skerry")}
COLUMNS = ("species", "island", "season", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex")
# Mean and spread of bill length, bill depth, flipper length (mm) and body mass (g).
_SHAPES = {
    "Pebble": ((40.4, 3.0), (17.9, 1.3), (191.0, 7.5), (3750, 430)),
    "Ridge": ((45.6, 3.5), (18.1, 1.3), (196.0, 7.8), (3850, 430)),
    "Tide": ((45.4, 3.4), (16.0, 1.3), (208.0, 8.5), (4550, 560)),
}
_A_SEASON = (("Pebble", 50), ("Ridge", 26), ("Tide", 40))


@dataclass(frozen=True, slots=True)
class Bird:
    """One bird as it was (not) measured; lengths in mm, mass in g, `sex` is empty where nobody could tell."""

    species: str
    island: str
    season: int
    bill_length: float
    bill_depth: float
    flipper_length: int
    body_mass: int
    sex: str


def birds(seasons: int) -> list[Bird]:
    """The birds of the first 1 to 3 seasons; a later season adds birds and changes none."""
    return [bird for season in range(1, seasons + 1) for bird in _season(season)]


def _season(season: int) -> list[Bird]:
    chance = random.Random(f"penguins, season {season}")  # noqa: S311 (no secret is made of it)
    found = [_bird(chance, species, season) for species, count in _A_SEASON for _ in range(count)]
    chance.shuffle(found)
    return found


def _bird(chance: random.Random, species: str, season: int) -> Bird:
    sex = chance.choices(("female", "male", ""), (49, 49, 2))[0]
    size = {"female": -0.55, "male": 0.55, "": 0.0}[sex] + chance.gauss(0, 0.4)
    length, depth, flipper, mass = (
        mean + spread * (0.7 * size + chance.gauss(0, 0.7)) for mean, spread in _SHAPES[species]
    )
    island = chance.choice(ISLANDS[species])
    return Bird(species, island, season, round(length, 1), round(depth, 1), round(flipper), round(mass / 25) * 25, sex)


def as_csv(rows: list[Bird]) -> str:
    """The birds as CSV with a header."""
    lines = [",".join(COLUMNS)]
    for bird in rows:
        measures = f"{bird.bill_length},{bird.bill_depth},{bird.flipper_length},{bird.body_mass}"
        lines.append(f"{bird.species},{bird.island},{bird.season},{measures},{bird.sex}")
    return "\n".join(lines) + "\n"
