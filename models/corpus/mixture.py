"""What the two stages of training are made of: the kinds of example with their weights."""

from dataclasses import dataclass
from random import Random
from typing import Callable

from . import arithmetic, countersign, dates, fallback, itself, knowledge, smalltalk, tasks, units
from .example import Draw, Example


@dataclass(frozen=True)
class Mixture:
    """Kinds of example, each with its weight, and which examples may be trained on."""

    kinds: tuple[tuple[Draw, float], ...]
    admits: Callable[[Example], bool]

    def kind(self, rng: Random, short: bool = False) -> Draw:
        """A kind drawn by weight; `short` leaves out the long overview."""
        kinds = [entry for entry in self.kinds if not (short and entry[0] is countersign.overview)]
        return rng.choices([draw for draw, _ in kinds], [weight for _, weight in kinds])[0]


# Sums need the most practice, since each operand pair is a new question.
BROAD = Mixture(
    (
        (arithmetic.addition, 18),
        (arithmetic.subtraction, 16),
        (arithmetic.multiplication, 6),
        (arithmetic.division, 4),
        (arithmetic.words, 3),
        (arithmetic.comparison, 3),
        (arithmetic.too_large, 2),
        (dates.date, 6),
        (units.unit, 8),
        (countersign.fact, 8),
        (itself.self_description, 3),
        (countersign.overview, 0.6),
        (smalltalk.talk, 5),
        (smalltalk.meeting, 3),
        (tasks.task, 10),
        (knowledge.knowledge, 4),
        (fallback.fallback, 6),
    ),
    lambda example: not example.held_out_at_first,
)

# Every kind once, for the held-out prompts: the tasks one by one, the others as they are mixed.
EACH_KIND = (*(draw for draw, _ in BROAD.kinds if draw is not tasks.task), *dict.fromkeys(tasks.KINDS))

# The second stage practises what the first learned least: counting, copying, comparing and dates.
FOCUSED = Mixture(
    (
        (arithmetic.addition, 13),
        (arithmetic.subtraction, 12),
        (arithmetic.multiplication, 3),
        (arithmetic.division, 3),
        (arithmetic.words, 3),
        (arithmetic.comparison, 6),
        (arithmetic.too_large, 2),
        (dates.date, 8),
        (units.unit, 8),
        (countersign.fact, 8),
        (itself.self_description, 4),
        (countersign.overview, 0.8),
        (smalltalk.talk, 6),
        (smalltalk.meeting, 5),
        (tasks.task, 12),
        (tasks.counting, 4),
        (tasks.repetition, 4),
        (knowledge.knowledge, 5),
        (fallback.fallback, 5),
    ),
    lambda example: not example.held_out,
)
