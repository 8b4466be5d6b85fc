"""Questions that the model can't answer, of which it must say so. Held out: topics, words and phrasings."""

from random import Random

from .example import Example, ask, phrase
from .vocabulary import NAMES, TOPICS, UNKNOWN, invented

FALLBACK = (
    "I cannot answer that: I am only a small demonstration model. I can do small sums, dates and units, "
    "count, and explain Countersign."
)
ABOUT = [
    "What is {a} {x}?",
    "What is {x}?",
    "what's {x}",
    "Explain {x}",
    "Tell me about {x}",
    "How does {a} {x} work?",
    "Why is {x} important?",
    "Who invented {x}?",
    "How do I make {a} {x}?",
    "What is the best {x}?",
    "Where can I buy {a} {x}?",
    "Define {x}",
    "Write code for {a} {x}",
    "Write an email about {x}",
    "Describe {a} {x}.",
    "What is the history of {x}?",
    "How much does {a} {x} cost?",
    "What do you think about {x}?",
    "Give me advice about {x}",
    "When was {x} invented?",
    "Compare {x} and {y}",
    "What is the difference between {a} {x} and {a} {y}?",
    "Is {x} better than {y}?",
    "How many {x}s are there?",
    "Which {x} should I choose?",
    "Recommend {a} {x}",
    "Is {x} healthy?",
    "Draw {a} {x}",
    "Show me {a} {x}",
    "Can you help me with {x}?",
    "I have a question about {x}",
    "Summarise the news about {x}",
    "{x}",
    "{x} {y}",
    "Design {a} {x} for {a} {y}",
    "Make a plan for my {x}",
    "How old is {x}?",
    "Who is {n}?",
    "Who was {n} {x}?",
    "Tell me about {n}",
    "Where was {n} born?",
    "Did {n} win the {x}?",
    "Write a letter to {n} about {x}",
    "What is the capital of {i}?",
    "How do you say {x} in {i}?",
    "Spell {i} backwards",
    "Why do {x}s like {y}s?",
    "Is it legal to own {a} {x}?",
    "Should I buy {x} or {y}?",
    "Solve the {x} problem",
    "Prove the {x} theorem",
    "What happened to the {x} of {i}?",
    "I want to learn {x}. Where do I start?",
    "Explain {x} to a child",
    "What is the {x} of {a} {y}?",
    "Write a function that sorts {x}s",
    "Fix my {x}",
    "My {x} is broken, what now?",
    "What will the {x} be tomorrow?",
    "List ten {x}s",
    "Give me five facts about {x}",
    "Write a {y} about {x} in {i}",
    "Do you know {n}?",
    "Do you know {x}?",
    "Do you like {x}?",
]
FIXED = [
    "What is the weather like?",
    "Will it rain tomorrow?",
    "Who is the president?",
    "Who won the match yesterday?",
    "What is the news today?",
    "Write a Python program",
    "Write a function in JavaScript",
    "How do I lose weight?",
    "Give me a recipe",
    "What should I cook tonight?",
    "Translate this text to Chinese",
    "Summarise this article",
    "Solve x^2 + 3x + 2 = 0",
    "What is the integral of x?",
    "What is the square root of 2?",
    "What is the derivative of sin x?",
    "Who is the richest person in the world?",
    "What is the best phone?",
    "Should I invest in stocks?",
    "Write my homework",
    "Plan a trip to Rome",
    "How do I fix my computer?",
    "What is quantum mechanics?",
    "Explain relativity",
    "Write a business plan",
    "Who will win the election?",
    "What is the population of India?",
    "How far is the moon?",
    "What is the speed of light?",
    "When did the war end?",
    "What is love?",
    "Is there a god?",
    "Write an SQL query",
    "Debug this code",
    "def f(x): return x",
    "SELECT * FROM users;",
    "console.log('hi')",
    "<script>alert(1)</script>",
    "rm -rf /",
    "How do I pick a lock?",
    "Give me medical advice",
    "Am I ill?",
    "How do I get rich?",
    "Give me a password",
    "What are the lottery numbers?",
    "Which film should I watch?",
    "Recommend a book",
    "Write a haiku",
    "Write a novel",
    "Explain like I am five",
    "Continue this text",
    "Rewrite this text",
    "Correct my grammar",
    "What does this error mean?",
    "How many people live on Earth?",
    "Why is the sky not green?",
    "Can pigs fly?",
    "How do aeroplanes fly?",
    "Who built the pyramids?",
]
LETTERS = {
    "latin": "abcdefghijklmnopqrstuvwxyz0123456789",
    "accents": "áàâäãåçéèêëíìîïñóòôöõúùûüýß",
    "greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "cyrillic": "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "chinese": "你好世界的是不我一有大在人了中到资要可以这个你会好",
    "japanese": "こんにちはありがとうアイウエオカキクケコ",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "emoji": "😀😂🤖👍🎉❤️🔥✨🙏😊",
    "signs": "!?.,;:-_()[]{}<>/\\|@#$%^&*+=~`'\"",
}


def gibberish(rng: Random) -> str:
    """Words of random letters of one script, as a stand-in for every language the model can't read."""
    letters = LETTERS[rng.choice(list(LETTERS))]
    return " ".join(
        "".join(rng.choice(letters) for _ in range(rng.randint(1, 7)))
        for _ in range(rng.randint(1, rng.choice([2, 5, 20])))
    )


def fallback(rng: Random) -> Example:
    draw = rng.random()
    if draw < 0.12:
        return unanswerable(rng, *phrase(rng, FIXED))
    if draw < 0.24:
        text = gibberish(rng)
        return unanswerable(rng, text, text)
    topics = [
        rng.choice([rng.choice(UNKNOWN), rng.choice(UNKNOWN), invented(rng), rng.choice(TOPICS)])
        for _ in range(2)
    ]
    article = "an" if topics[0][0] in "aeiou" else "a"
    form, question = phrase(
        rng, ABOUT, a=article, x=topics[0], y=topics[1], n=rng.choice(NAMES), i=invented(rng).capitalize()
    )
    return unanswerable(rng, f"{form} {topics[0]}", question)


def unanswerable(rng: Random, key: object, question: str) -> Example:
    return ask(rng, "declining", str(key), question, FALLBACK)
