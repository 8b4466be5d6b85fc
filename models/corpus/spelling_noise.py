"""How people really type: without capitals or full stops, with a greeting first, with a letter swapped."""

from random import Random

# Openings that ask for nothing; each ends where a question follows.
OPENINGS = [
    "please ",
    "Hey, ",
    "hi, ",
    "Hello! ",
    "Quick question: ",
    "ok, ",
    "Now ",
    "And ",
    "So, ",
    "Could you tell me: ",
    "Question: ",
    "Next: ",
]
CLOSINGS = [" please", ", please", " Thanks!", " thanks", "?", "!", " ?", "...", "!!", "??", ".", " :)"]


def typed(rng: Random, text: str, typing_errors: bool = True) -> str:
    """The text as somebody may type it. Content (numbers, names) stays; spelling and capitals may not."""
    if rng.random() < 0.08:
        text = rng.choice(OPENINGS) + text[0].lower() + text[1:]
    draw = rng.random()
    if draw < 0.22:
        text = text.lower()
    elif draw < 0.25:
        text = text.upper()
    if rng.random() < 0.25:
        text = text.rstrip("?.!")
    if rng.random() < 0.10:
        text = text.rstrip("?.!") + rng.choice(CLOSINGS)
    if typing_errors and rng.random() < 0.08:
        text = mistyped(rng, text)
    return text or "?"


def mistyped(rng: Random, text: str) -> str:
    """One pair of letters swapped, one letter dropped or one doubled; never a digit."""
    places = [at for at in range(len(text) - 1) if text[at].isalpha() and text[at + 1].isalpha()]
    if len(places) == 0:
        return text
    at = rng.choice(places)
    kind = rng.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    return text[:at] + text[at] + text[at:]
