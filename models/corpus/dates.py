"""Weekdays, months and lengths of time. Held out: a phrasing together with its item."""

from random import Random

from .example import Example, ask, phrase

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
]

AFTER = [
    "What {kind} comes after {item}?",
    "which {kind} follows {item}",
    "What {kind} is after {item}?",
    "Tell me the {kind} after {item}.",
    "After {item} comes which {kind}?",
    "Name the {kind} that follows {item}",
]
BEFORE = [
    "What {kind} comes before {item}?",
    "which {kind} is before {item}",
    "What {kind} precedes {item}?",
    "Tell me the {kind} before {item}.",
    "Name the {kind} before {item}",
]
LATER = [
    "What day is {n} days after {item}?",
    "Today is {item}. What day is it in {n} days?",
    "If today is {item}, which day is it in {n} days?",
    "{n} days after {item} is which day?",
    "which weekday is {n} days after {item}",
]
LENGTH = [
    "How many days does {item} have?",
    "how many days are in {item}",
    "How long is {item}?",
    "How many days in {item}?",
    "What is the number of days in {item}?",
    "days in {item}?",
]
WHICH = [
    "What is the {nth} month?",
    "which month is the {nth}",
    "What is the {nth} month of the year?",
    "Name the {nth} month.",
    "Tell me the {nth} month of the year",
]
NUMBER = [
    "What number is the month {item}?",
    "Which month of the year is {item}?",
    "{item} is which month of the year?",
    "what is the number of {item}",
]
LEAP = [
    "Is {item} a leap year?",
    "was {item} a leap year",
    "Is the year {item} a leap year?",
    "{item}: leap year or not?",
]
SINGLE = [
    (
        [
            "How many days are in a leap year?",
            "how long is a leap year",
            "days in a leap year?",
            "What is a leap year?",
            "How many days does a leap year have?",
            "Tell me the days in a leap year",
        ],
        "A leap year has 366 days: February has 29 instead of 28.",
    ),
    (
        [
            "How many days are in a year?",
            "how long is a year",
            "days in a year?",
            "How many days does a year have?",
            "Number of days in a year",
        ],
        "A year has 365 days, and a leap year has 366.",
    ),
    (
        ["How many weeks are in a year?", "weeks in a year?", "How many weeks does a year have?"],
        "A year has 52 weeks and 1 day, or 2 days in a leap year.",
    ),
    (
        [
            "Name the days of the week",
            "What are the days of the week?",
            "List the weekdays",
            "Tell me the days of the week.",
            "list all days of the week",
        ],
        "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday and Sunday.",
    ),
    (
        [
            "Name the months",
            "What are the months of the year?",
            "List the months",
            "List all months of the year.",
            "Tell me the twelve months",
        ],
        "January, February, March, April, May, June, July, August, September, October, November and "
        "December.",
    ),
    (
        [
            "Name the seasons",
            "What are the four seasons?",
            "List the seasons of the year",
            "which seasons are there",
        ],
        "Spring, summer, autumn and winter.",
    ),
    (
        [
            "What day is it today?",
            "What is the date?",
            "what's today's date",
            "Which day is today?",
            "What time is it?",
            "what is the time now",
            "What year is it?",
            "Do you know the time?",
        ],
        "I cannot know: I have no clock and no connection, only what I was trained on.",
    ),
]


def neighbour(rng: Random) -> Example:
    kind, items = rng.choice([("day", WEEKDAYS), ("month", MONTHS)])
    at = rng.randrange(len(items))
    forward = rng.random() < 0.6
    form, question = phrase(rng, AFTER if forward else BEFORE, kind=kind, item=items[at])
    other = items[(at + (1 if forward else -1)) % len(items)]
    answer = f"{other} comes {'after' if forward else 'before'} {items[at]}."
    return ask(rng, "dates", f"neighbour {kind} {at} {forward} {form}", question, answer)


def later(rng: Random) -> Example:
    at, days = rng.randrange(7), rng.randint(1, 14)
    form, question = phrase(rng, LATER, n=days, item=WEEKDAYS[at])
    answer = f"{days} days after {WEEKDAYS[at]} is {WEEKDAYS[(at + days) % 7]}."
    return ask(rng, "dates", f"later {at} {days} {form}", question, answer)


def month(rng: Random) -> Example:
    at = rng.randrange(12)
    kind = rng.randrange(3)
    if kind == 0:
        form, question = phrase(rng, LENGTH, item=MONTHS[at])
        answer = f"{MONTHS[at]} has {LENGTHS[at]} days{', or 29 in a leap year' if at == 1 else ''}."
        return ask(rng, "dates", f"length {at} {form}", question, answer)
    answer = f"{MONTHS[at]} is the {ORDINALS[at]} month of the year."
    form, question = phrase(rng, [WHICH, NUMBER][kind - 1], nth=ORDINALS[at], item=MONTHS[at])
    return ask(rng, "dates", f"number {kind} {at} {form}", question, answer)


def leap(rng: Random) -> Example:
    year = rng.randint(1990, 2040)
    form, question = phrase(rng, LEAP, item=year)
    answer = f"{year} is {'' if year % 4 == 0 else 'not '}a leap year."
    return ask(rng, "dates", f"leap {year} {form}", question, answer)


def single(rng: Random) -> Example:
    at = rng.randrange(len(SINGLE))
    questions, answer = SINGLE[at]
    form, question = phrase(rng, questions)
    return ask(rng, "dates", f"single {at} {form}", question, answer)


def date(rng: Random) -> Example:
    return rng.choice([neighbour, neighbour, later, month, month, leap, single])(rng)
