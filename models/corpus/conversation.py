"""Whole conversations: one question, sometimes under a system message and after earlier turns."""

from random import Random
from typing import Callable

from .example import Draw, Example, Message
from .mixture import BROAD, Mixture
from .spelling_noise import typed

SYSTEM = [
    "You are a helpful assistant.",
    "You are a helpful assistant",
    "You are helpful and brief.",
    "Be concise.",
    "Answer briefly.",
    "You are a friendly assistant.",
    "You are a chatbot.",
    "Answer in English.",
    "You are an assistant that answers questions.",
    "Be polite.",
    "You are countersign-demo.",
    "Help the user.",
    "You are an AI assistant. Answer truthfully.",
    "Think before you answer.",
    "You are a teacher.",
    "You are an expert.",
    "Follow the user's instructions.",
    "You are a helpful, harmless and honest assistant.",
    "Reply in one sentence.",
    "Use plain text.",
    "Today is a good day.",
    "You help people with small questions.",
]

EXACT_SPELLING = ("repetition", "names", "poems and stories", "spelling", "declining", "small talk")


def training_example(rng: Random, mixture: Mixture) -> Example:
    """A conversation of the training side."""
    return conversation(rng, mixture.kind(rng), mixture.admits, mixture)


def held_out_example(rng: Random, draw: Draw) -> Example:
    """A conversation whose last question no training has seen; its earlier turns are of the training side."""
    return conversation(rng, draw, lambda example: example.held_out, BROAD)


def conversation(rng: Random, draw: Draw, admits: Callable[[Example], bool], earlier: Mixture) -> Example:
    last = single(rng, draw, admits)
    before: list[Message] = []
    if rng.random() < 0.2:
        before.append(Message("system", rng.choice(SYSTEM)))
    if rng.random() < 0.12:
        for _ in range(rng.randint(1, 2)):
            before.extend(single(rng, earlier.kind(rng, short=True), earlier.admits).messages)
    return Example(last.category, last.key, (*before, *last.messages), last.accepted, last.group)


def single(rng: Random, draw: Draw, admits: Callable[[Example], bool]) -> Example:
    """One example of the wanted side of the split, its questions as somebody may type them."""
    while not admits(example := draw(rng)):
        pass
    # A name or a word to repeat must stay as it is in the answer, so such questions keep their capitals.
    if example.category in EXACT_SPELLING:
        return example
    messages = tuple(Message("user", typed(rng, m.text)) if m.role == "user" else m for m in example.messages)
    return Example(example.category, example.key, messages, example.accepted, example.group)
