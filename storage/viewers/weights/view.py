"""A file of a model as a page shows it, whatever its format: facts, metadata, and a page of its tensors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from storage.viewers.asks import Ask
from storage.viewers.parts import Fact, count_text, fact, short, within

TENSORS = 100
METADATA = 100
METADATA_BYTES = 80_000
MOST_TENSORS = 60_000
LONGEST_NUMBER = 2**63


@dataclass(frozen=True, slots=True)
class Tensor:
    """A named array; `shape` outermost first."""

    name: str
    type: str
    shape: tuple[int, ...]

    @property
    def parameters(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)

    @property
    def shape_text(self) -> str:
        """The shape, as it is written in Python."""
        sizes = " × ".join(str(size) for size in self.shape[:8]) + (" × …" if len(self.shape) > 8 else "")
        return sizes or "scalar"


@dataclass(frozen=True, slots=True)
class Share:
    """The tensors of one type: how many, and their parameters as text and in per cent of all."""

    type: str
    tensors: int
    parameters: str
    percent: float


@dataclass(frozen=True, slots=True)
class ModelView:
    """`tensors` is the page that was asked for of `total`; `note` says what could not be read."""

    template: ClassVar[str] = "model"
    ask: Ask
    format: str
    facts: tuple[Fact, ...]
    metadata: tuple[Fact, ...]
    tensors: tuple[Tensor, ...]
    shares: tuple[Share, ...]
    total: int
    note: str = ""

    @property
    def pages(self) -> dict[str, str]:
        """Queries of the neighbouring pages."""
        page = self.ask.page
        return {
            **({"previous": self.ask.query(page=page - 1)} if page > 1 else {}),
            **({"next": self.ask.query(page=page + 1)} if page * TENSORS < self.total else {}),
        }

    @property
    def range_words(self) -> str:
        """Which tensors are shown, where it is not all."""
        first = (self.ask.page - 1) * TENSORS
        if not self.tensors or self.total <= TENSORS:
            return ""
        return f"Tensors {first + 1:,} to {first + len(self.tensors):,} of {self.total:,}"


@dataclass(frozen=True, slots=True)
class Model:
    """What a header says, whole: at most MOST_TENSORS tensors."""

    format: str
    tensors: Sequence[Tensor]
    facts: Sequence[Fact] = ()
    metadata: Sequence[tuple[object, object]] = ()
    note: str = ""

    @property
    def parameters(self) -> int:
        """The numbers of all tensors."""
        return sum(tensor.parameters for tensor in self.tensors)


def model_view(ask: Ask, model: Model) -> ModelView:
    """The page of a model that is asked for."""
    tensors, total = model.tensors, model.parameters
    start = (ask.page - 1) * TENSORS
    return ModelView(
        ask=ask,
        format=model.format,
        facts=(
            fact("Format", model.format),
            fact("Parameters", f"{count_text(total)} ({total:,})" if total >= 1000 else total),
            fact("Tensors", f"{len(tensors):,}"),
            *model.facts,
        ),
        metadata=within(
            (fact(key, value) for key, value in model.metadata[:METADATA]),
            lambda one: one.name + one.value,
            METADATA_BYTES,
        ),
        tensors=tuple(
            Tensor(short(one.name, 120), short(one.type, 20), one.shape[:9]) for one in tensors[start : start + TENSORS]
        ),
        shares=_shares(tensors, total),
        total=len(tensors),
        note=model.note,
    )


def _shares(tensors: Sequence[Tensor], total: int) -> tuple[Share, ...]:
    counts: dict[str, tuple[int, int]] = {}
    for tensor in tensors:
        number, parameters = counts.get(tensor.type, (0, 0))
        counts[tensor.type] = (number + 1, parameters + tensor.parameters)
    ordered = sorted(counts.items(), key=lambda item: -item[1][1])[:12]
    return tuple(
        Share(short(kind, 20), number, count_text(parameters), round(100 * parameters / total, 1) if total else 0.0)
        for kind, (number, parameters) in ordered
    )


def checked_shape(sizes: Iterable[object]) -> tuple[int, ...] | None:
    """A shape that a tensor can have, else None."""
    found = tuple(sizes)
    shape = tuple(size for size in found if isinstance(size, int) and 0 <= size < LONGEST_NUMBER)
    if len(found) > 64 or len(shape) < len(found):
        return None
    # A product beyond this is no number of parameters, and a row of digits that nobody reads.
    return shape if math.prod(shape) < 2**80 else None
