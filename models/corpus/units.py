"""Units of length, mass, volume and time. Held out: a number together with its pair of units."""

from random import Random

from .example import Example, ask, phrase

# (large unit, small unit, how many small ones make a large one, largest count asked)
LARGER = [
    ("kilometre", "metre", 1000, 99),
    ("metre", "centimetre", 100, 99),
    ("metre", "millimetre", 1000, 99),
    ("centimetre", "millimetre", 10, 99),
    ("kilogram", "gram", 1000, 99),
    ("tonne", "kilogram", 1000, 99),
    ("litre", "millilitre", 1000, 99),
    ("hour", "minute", 60, 12),
    ("minute", "second", 60, 12),
    ("day", "hour", 24, 10),
    ("week", "day", 7, 12),
    ("year", "month", 12, 12),
    ("dozen", "piece", 12, 12),
    ("decade", "year", 10, 20),
    ("century", "year", 100, 20),
]
PLURALS = {"century": "centuries"}
SYMBOLS = {
    "kilometre": "km",
    "metre": "m",
    "centimetre": "cm",
    "millimetre": "mm",
    "kilogram": "kg",
    "gram": "g",
    "litre": "l",
    "millilitre": "ml",
}
ASKING = [
    "How many {small} are in {n} {large}?",
    "Convert {n} {large} to {small}",
    "{n} {large} in {small}",
    "How many {small} is {n} {large}?",
    "What is {n} {large} in {small}?",
    "{n} {large} to {small}",
    "Please convert {n} {large} into {small}.",
    "how many {small} make {n} {large}",
    "{n} {large} = ? {small}",
    "{n} {large} are how many {small}?",
]


def plural(unit: str, count: int) -> str:
    """The name of a unit after a number."""
    return unit if count == 1 else PLURALS.get(unit, f"{unit}s")


def spelled(rng: Random, unit: str, count: int) -> str:
    """The unit as a person may write it: its symbol, or its name in British or American spelling."""
    if unit in SYMBOLS and rng.random() < 0.4:
        return SYMBOLS[unit]
    name = plural(unit, count)
    if rng.random() < 0.3:
        name = name.replace("metre", "meter").replace("litre", "liter")
    return name


def unit(rng: Random) -> Example:
    large, small, factor, most = rng.choice(LARGER)
    count = rng.randint(1, rng.choice([min(10, most), most]))
    down = rng.random() < 0.75
    many = count * factor
    if down:
        _, question = phrase(
            rng, ASKING, n=count, large=spelled(rng, large, count), small=spelled(rng, small, 2)
        )
        answer = f"{count} {plural(large, count)} = {many} {plural(small, many)}."
    else:
        _, question = phrase(
            rng, ASKING, n=many, large=spelled(rng, small, many), small=spelled(rng, large, 2)
        )
        answer = f"{many} {plural(small, many)} = {count} {plural(large, count)}."
    if count == 1 and down and rng.random() < 0.5:
        question = rng.choice(
            ["How many {s} are in a {l}?", "how many {s} in a {l}", "How many {s} does a {l} have?"]
        ).format(s=spelled(rng, small, 2), l=spelled(rng, large, 1))
    return ask(rng, "units", f"{large} {small} {count} {down}", question, answer)
