"""What people ask about the birds, what the measurements answer, and what three versions of a prompt made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from web.demo.birds import Bird, birds

SEASONS = 3
_MEASURES = {
    "bill_length": ("bill_length_mm", "mm"), "bill_depth": ("bill_depth_mm", "mm"),
    "flipper_length": ("flipper_length_mm", "mm"), "body_mass": ("body_mass_g", "g"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """One question, the call of a tool that answers it, what the tool says, and the answer in words."""

    text: str
    tool: str
    arguments: dict[str, Any]
    result: dict[str, Any]
    expected: str
    short: str


def questions() -> list[Question]:
    """Eight questions; their answers are counted out of the measurements."""
    rows = birds(SEASONS)
    return [
        _mean(rows, "How long is the bill of a Ridge penguin?", "Ridge", "bill_length"),
        _mean(rows, "How heavy are Tide penguins?", "Tide", "body_mass"),
        _mean(rows, "How deep is the bill of a Pebble penguin?", "Pebble", "bill_depth"),
        _mean(rows, "How long are the flippers of Tide penguins?", "Tide", "flipper_length"),
        _mean(rows, "What does a Pebble penguin weigh?", "Pebble", "body_mass"),
        _islands(rows, "Where do Ridge penguins live?", "Ridge"),
        _islands(rows, "On which islands can I see Tide penguins?", "Tide"),
        _count(rows, "How many Pebble penguins were measured?", "Pebble"),
    ]


def _mean(rows: list[Bird], text: str, species: str, field: str) -> Question:
    found = [getattr(bird, field) for bird in rows if bird.species == species]
    column, unit = _MEASURES[field]
    value = f"{sum(found) / len(found):.1f} {unit}"
    result = {"mean": round(sum(found) / len(found), 1), "unit": unit, "birds": len(found)}
    return Question(text, "mean_of", {"species": species, "column": column}, result,
                    f"{value} on average, of {len(found)} {species} birds", value)  # fmt: skip


def _islands(rows: list[Bird], text: str, species: str) -> Question:
    found = sorted({bird.island for bird in rows if bird.species == species})
    return Question(text, "islands_of", {"species": species}, {"islands": found},
                    f"{species} birds were seen on {' and '.join(found)}", " and ".join(found))  # fmt: skip


def _count(rows: list[Bird], text: str, species: str) -> Question:
    count = sum(bird.species == species for bird in rows)
    return Question(text, "count_of", {"species": species}, {"birds": count},
                    f"{count} {species} birds in {SEASONS} seasons", str(count))  # fmt: skip


PROMPTS = (
    (
        "Answer the question about penguins.\n\nQuestion: {{ question }}",
        "The first try: answers from what the model believes to know.",
    ),
    (
        "You are the field guide of the penguin project. Answer in one short sentence, with the unit.\n"
        "Use only what the tool says.\n\nTool: {{ measured }}\nQuestion: {{ question }}",
        "Only what was measured, with units.",
    ),
    (
        "You are the field guide of the penguin project. Answer in one sentence for {{ reader }}, with the unit, and "
        "say how many birds the number stands on.\nUse only what the tool and the notes say; if they say nothing, say "
        "so.\n\nNotes: {{ notes }}\nTool: {{ measured }}\nQuestion: {{ question }}",
        "Says how many birds a number stands on, and reads the notes, too.",
    ),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the assistant said to a question, and what its judge thinks of it; `grounded` from 0 to 1."""

    text: str
    correct: bool
    grounded: float
    why: str


def answer(number: int, question: Question, version: int) -> Answer:
    """The answer of a version of the prompt to the numbered question. The third is better, but not everywhere."""
    if version < 3:
        if number in (5, 7):
            told = (
                "Ridge penguins live on Ness and Holm." if number == 5 else "About 100 Pebble penguins were measured."
            )
            return Answer(told, False, 0.4, "The tool said otherwise; the answer was not read off it.")
        return Answer(f"{question.short}.", True, 0.75, "The number is that of the tool; it does not say of how many.")
    if number == 3:
        told = "The flippers of a Tide penguin are about 20 cm long."
        return Answer(told, False, 0.6, f"Rounded too far, and in another unit: {question.short} was measured.")
    said = f"{question.expected[0].upper()}{question.expected[1:]}."
    grounded = 0.7 if number == 4 else 0.95
    why = "Correct, but the notes it names are about another season." if number == 4 else "All of it is in the notes."
    return Answer(said, True, grounded, why)
