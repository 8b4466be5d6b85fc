"""Small sums. Addition and subtraction hold out operand pairs; tables hold out phrasings of a pair,
because a table entry that was never seen can only be guessed."""

from random import Random

from .example import Example, ask, phrase

LARGEST = 99
LARGEST_FACTOR = 12

ASKING = [
    "What is {sum}?",
    "what's {sum}",
    "{sum}",
    "{sum} =",
    "{sum}=?",
    "How much is {sum}?",
    "Calculate {sum}",
    "Compute {sum}.",
    "Can you tell me {sum}?",
    "Please work out {sum}",
    "{sum}?",
    "Solve {sum}",
    "I need {sum}",
    "What does {sum} make?",
    "Tell me the result of {sum}.",
]
PLUS = ["{a} + {b}", "{a}+{b}", "{a} plus {b}", "{a} and {b} added"]
MINUS = ["{a} - {b}", "{a}-{b}", "{a} minus {b}", "{a} less {b}"]
TIMES = ["{a} * {b}", "{a} x {b}", "{a} times {b}", "{a}*{b}", "{a} multiplied by {b}"]
OVER = ["{a} / {b}", "{a} divided by {b}", "{a}/{b}", "{a} over {b}"]
SMALL_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
).split()

TOO_LARGE = "That is too large for me: I add and subtract numbers up to 99 and multiply up to 12 times 12."


def operands(rng: Random) -> tuple[int, int]:
    """Two numbers up to LARGEST, with small ones drawn more often, since people try those first."""
    top = rng.choice([20, LARGEST, LARGEST, LARGEST])
    return rng.randint(0, top), rng.randint(0, top)


def addition(rng: Random) -> Example:
    a, b = operands(rng)
    _, total = phrase(rng, PLUS, a=a, b=b)
    _, question = phrase(rng, ASKING, sum=total)
    if rng.random() < 0.06:
        question = rng.choice(
            ["Add {a} and {b}", "What is the sum of {a} and {b}?", "Add {a} to {b}."]
        ).format(a=a, b=b)
    return ask(rng, "addition", f"{min(a, b)} {max(a, b)}", question, f"{a} + {b} = {a + b}.")


def subtraction(rng: Random) -> Example:
    a, b = operands(rng)
    if a < b and rng.random() < 0.8:
        a, b = b, a
    _, total = phrase(rng, MINUS, a=a, b=b)
    _, question = phrase(rng, ASKING, sum=total)
    if rng.random() < 0.06:
        question = rng.choice(["Subtract {b} from {a}", "Take {b} away from {a}."]).format(a=a, b=b)
    return ask(rng, "subtraction", f"{a} {b}", question, f"{a} - {b} = {a - b}.")


def multiplication(rng: Random) -> Example:
    a, b = rng.randint(0, LARGEST_FACTOR), rng.randint(0, LARGEST_FACTOR)
    form, total = phrase(rng, TIMES, a=a, b=b)
    asking, question = phrase(rng, ASKING, sum=total)
    return ask(rng, "multiplication", f"{form} {asking} {a} {b}", question, f"{a} * {b} = {a * b}.")


def division(rng: Random) -> Example:
    b, quotient = rng.randint(1, LARGEST_FACTOR), rng.randint(0, LARGEST_FACTOR)
    form, total = phrase(rng, OVER, a=b * quotient, b=b)
    asking, question = phrase(rng, ASKING, sum=total)
    return ask(
        rng, "division", f"{form} {asking} {quotient} {b}", question, f"{b * quotient} / {b} = {quotient}."
    )


def words(rng: Random) -> Example:
    """Sums of numbers up to twenty that are written as words."""
    a, b = rng.randint(0, 20), rng.randint(0, 20)
    plus = rng.random() < 0.6 or a < b
    form = f"{SMALL_NUMBERS[a]} {'plus' if plus else 'minus'} {SMALL_NUMBERS[b]}"
    _, question = phrase(rng, ASKING, sum=form)
    answer = f"{a} + {b} = {a + b}." if plus else f"{a} - {b} = {a - b}."
    return ask(rng, "sums in words", form, question, answer)


def comparison(rng: Random) -> Example:
    """Which of two numbers is larger, what comes next, even or odd."""
    a = rng.randint(0, LARGEST)
    kind = rng.randrange(5)
    if kind == 0:
        b = rng.randint(0, LARGEST)
        _, question = phrase(
            rng,
            ["Which is larger, {a} or {b}?", "which is bigger {a} or {b}", "Is {a} or {b} greater?"],
            a=a,
            b=b,
        )
        answer = f"{max(a, b)} is larger than {min(a, b)}." if a != b else f"{a} and {b} are equal."
        return ask(rng, "comparison", f"larger {a} {b}", question, answer)
    if kind == 1:
        _, question = phrase(
            rng, ["What number comes after {a}?", "which number follows {a}?", "What comes after {a}?"], a=a
        )
        return ask(rng, "comparison", f"after {a}", question, f"After {a} comes {a + 1}.")
    if kind == 2:
        a += 1
        _, question = phrase(
            rng,
            ["What number comes before {a}?", "which number is before {a}?", "What comes before {a}?"],
            a=a,
        )
        return ask(rng, "comparison", f"before {a}", question, f"Before {a} comes {a - 1}.")
    if kind == 3:
        _, question = phrase(
            rng, ["Is {a} even or odd?", "is {a} an even number?", "Is {a} odd?", "Is {a} even?"], a=a
        )
        return ask(rng, "comparison", f"even {a}", question, f"{a} is {'odd' if a % 2 else 'even'}.")
    _, question = phrase(rng, ["What is double {a}?", "Double {a}", "what is twice {a}"], a=a)
    return ask(rng, "comparison", f"double {a}", question, f"Double {a} is {2 * a}.")


def too_large(rng: Random) -> Example:
    """Sums beyond the model's range, which it should decline rather than guess."""
    form = rng.choice([PLUS, MINUS, TIMES, OVER])
    longest = rng.choice([3, 4, 5, 7])
    a, b = rng.randint(200, 10**longest), rng.randint(2, 10 ** rng.choice([2, 3, longest]))
    if form is TIMES and rng.random() < 0.4:
        a, b = rng.randint(13, 999), rng.randint(13, 999)
    if rng.random() < 0.3 and form is not OVER:
        a, b = b, a
    _, total = phrase(rng, form, a=a, b=b)
    _, question = phrase(rng, ASKING, sum=total)
    return ask(rng, "sums too large", f"{a} {b}", question, TOO_LARGE)
