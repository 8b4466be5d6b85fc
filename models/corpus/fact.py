"""A fact with its many ways of asking. Held out: a phrasing together with its subject."""

from dataclasses import dataclass
from random import Random

from .example import Example, ask, phrase


@dataclass(frozen=True)
class Fact:
    """One answer; `names` are nouns with their article that all the noun phrasings fit."""

    names: tuple[str, ...]
    questions: tuple[str, ...]
    answer: str


NOUN = [
    "What is {name}?",
    "What's {name}?",
    "what is {name}",
    "Explain {name}.",
    "Tell me about {name}",
    "Define {name}",
    "What does {name} do?",
    "Can you explain {name}?",
    "What is {name} in Countersign?",
    "{name}?",
    "Describe {name}.",
    "What do you mean by {name}?",
    "I do not understand {name}",
    "what exactly is {name}",
    "Explain what {name} is",
    "So what is {name}?",
    "What is {name} good for?",
    "Why is there {name}?",
]


def about(rng: Random, category: str, facts: list[Fact]) -> Example:
    """A question about one fact: a noun phrasing where it has names, or one of its own questions."""
    at = rng.randrange(len(facts))
    fact = facts[at]
    nouns = len(fact.names) > 0 and (len(fact.questions) == 0 or rng.random() < 0.6)
    if not nouns:
        form, question = phrase(rng, list(fact.questions))
        return ask(rng, category, f"{at} question {form}", question, fact.answer)
    name = rng.randrange(len(fact.names))
    form, question = phrase(rng, NOUN, name=fact.names[name])
    return ask(rng, category, f"{at} noun {name} {form}", question[0].upper() + question[1:], fact.answer)
