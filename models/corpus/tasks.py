"""Short tasks that people try first: counting, repeating, spelling, listing, writing one sentence."""

from random import Random

from .arithmetic import SMALL_NUMBERS
from .example import Example, Message, ask, phrase
from .vocabulary import NAMES, TOPICS, UNKNOWN, invented

LAST_COUNT = 50
SENTENCES = {
    "cat": "The cat sleeps in the warm window.",
    "dog": "The dog runs along the river.",
    "horse": "The horse stands in the wet grass.",
    "bird": "A bird sings before the sun is up.",
    "fish": "The fish hides under a stone.",
    "tree": "The old tree has seen many winters.",
    "river": "The river never waits.",
    "sea": "The sea is loud tonight.",
    "rain": "Rain falls softly on the roof.",
    "snow": "Snow makes the city quiet.",
    "sun": "The sun warms the old stones.",
    "moon": "The moon looks down on the sea.",
    "star": "One star shines above the hill.",
    "wind": "The wind moves the tall grass.",
    "fire": "The fire keeps us warm.",
    "stone": "A stone lies in the clear water.",
    "house": "The house on the hill has a red door.",
    "garden": "The garden smells of rain.",
    "flower": "A flower grows between two stones.",
    "bread": "Fresh bread makes a good morning.",
    "apple": "The apple fell in the night.",
    "coffee": "Coffee first, then the news.",
    "tea": "Tea is best with a friend.",
    "book": "A good book is a quiet friend.",
    "letter": "The letter came after many years.",
    "music": "Music fills the empty room.",
    "song": "The song was short and sweet.",
    "dance": "They dance until the morning.",
    "train": "The train leaves at nine.",
    "boat": "The boat rests on the calm water.",
    "bicycle": "The bicycle leans against the wall.",
    "car": "The car stopped at the red light.",
    "road": "The road goes over the hill.",
    "city": "The city wakes up early.",
    "village": "The village has one school and two bakers.",
    "school": "School starts with a bell.",
    "teacher": "The teacher asks one more question.",
    "doctor": "The doctor listens before she speaks.",
    "friend": "A friend tells you the truth.",
    "child": "The child laughs at the rain.",
    "mother": "My mother reads every letter twice.",
    "father": "My father repairs old clocks.",
    "winter": "Winter is long in the north.",
    "summer": "Summer evenings are long and light.",
    "spring": "Spring comes slowly to the hills.",
    "autumn": "Autumn paints the forest red.",
    "morning": "Morning light fills the kitchen.",
    "night": "The night is full of small sounds.",
    "clock": "The clock on the wall is slow.",
    "window": "The window looks out on the garden.",
    "door": "The door opens to the sea.",
    "chair": "The chair stands by the window.",
    "table": "The table is set for four.",
    "computer": "The computer does what it is told.",
    "robot": "The robot waters the flowers.",
    "island": "The island has one road.",
    "mountain": "The mountain is white in the morning.",
    "forest": "The forest is dark and cool.",
    "desert": "The desert is cold at night.",
}
SENTENCE = [
    "Write one sentence about {a} {x}.",
    "Write a sentence about {a} {x}",
    "One sentence about the {x}, please",
    "Give me a sentence about {a} {x}.",
    "Say something about {a} {x}",
    "Make a sentence with the word {x}",
    "write one short sentence about {x}",
    "Can you write a sentence about the {x}?",
]
POEM = [
    "Write a poem about {a} {x}.",
    "Write me a short poem about the {x}",
    "a poem about {a} {x} please",
    "Can you write a poem about {x}?",
    "Poem about {x}",
    "Compose a poem about {a} {x}.",
]
STORY = [
    "Tell me a story about {a} {x}.",
    "Write a short story about {a} {x}",
    "a story about the {x} please",
    "Can you tell a story about {a} {x}?",
    "Story about {x}",
]
REPEAT = [
    "Repeat after me: {x}",
    "Say {x}",
    "Please say: {x}",
    "repeat: {x}",
    "Echo {x}",
    "Say the word {x}.",
    "Just say {x}",
    "Repeat the word {x}",
    "Say exactly: {x}",
]
COUNT = [
    "Count to {n}",
    "Count to {n}.",
    "count from 1 to {n}",
    "Count up to {n}",
    "Please count to {n}",
    "Can you count to {n}?",
    "Count from one to {n}",
    "Numbers from 1 to {n}",
]
BETWEEN = [
    "Count from {m} to {n}",
    "count from {m} up to {n}",
    "Numbers from {m} to {n}",
    "List the numbers from {m} to {n}.",
]
DOWN = [
    "Count down from {n}",
    "Count backwards from {n}",
    "countdown from {n}",
    "Count from {n} to 1",
    "Count down from {n} to 1.",
]
SPELL = [
    "Spell {x}",
    "How do you spell {x}?",
    "spell the word {x}",
    "Spell out {x}.",
    "Can you spell {x}?",
    "Please spell {x}",
    "What letters are in {x}?",
]
SPELLED = TOPICS + [
    "receipt",
    "witness",
    "hello",
    "model",
    "proof",
    "opening",
    "grade",
    "verify",
    "answer",
    "sign",
]
LISTS = [
    ("colours", ["red", "blue", "green", "yellow", "white"]),
    ("animals", ["cat", "dog", "horse", "bird", "fish"]),
    ("fruits", ["apple", "pear", "cherry", "lemon", "plum"]),
    ("countries", ["France", "Japan", "Brazil", "Kenya", "Canada"]),
    ("planets", ["Mercury", "Venus", "Earth", "Mars", "Jupiter"]),
    ("names", ["Ada", "Alan", "Grace", "Omar", "Mei"]),
    ("instruments", ["violin", "piano", "flute", "drum", "harp"]),
    ("drinks", ["water", "tea", "coffee", "milk", "juice"]),
    ("sports", ["football", "tennis", "chess", "rowing", "judo"]),
    ("languages", ["English", "French", "Arabic", "Hindi", "Chinese"]),
]
LISTING = [
    "List {n} {x}",
    "Name {n} {x}.",
    "Give me {n} {x}",
    "Tell me {n} {x}",
    "{n} {x} please",
    "Can you name {n} {x}?",
]
ALPHABET = [
    "Say the alphabet",
    "Recite the alphabet",
    "What is the alphabet?",
    "List the letters of the alphabet",
    "a to z",
    "Alphabet please",
    "Tell me the ABC",
]


def article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def number(rng: Random, value: int) -> str:
    """The number in digits, or in words where those are taught."""
    return SMALL_NUMBERS[value] if value <= 20 and rng.random() < 0.4 else str(value)


def counting(rng: Random) -> Example:
    """Held out are phrasings of some numbers, which are a group each."""
    kind = rng.random()
    last = rng.randint(2, rng.choice([10, 20, LAST_COUNT]))
    if kind < 0.5:
        form, question = phrase(rng, COUNT, n=number(rng, last))
        numbers, group = range(1, last + 1), f"to {last}"
    elif kind < 0.75:
        first = rng.randint(1, last - 1)
        last = min(last, first + 20)
        form, question = phrase(rng, BETWEEN, m=number(rng, first), n=number(rng, last))
        numbers, group = range(first, last + 1), f"from {first} to {last}"
    else:
        last = min(last, 20)
        form, question = phrase(rng, DOWN, n=number(rng, last))
        numbers, group = range(last, 0, -1), f"down {last}"
    answer = ", ".join(map(str, numbers)) + "."
    messages = (Message("user", question), Message("assistant", answer))
    return Example("counting", f"{group} {form}", messages, (answer,), group)


def count_too_far(rng: Random) -> Example:
    _, question = phrase(
        rng, COUNT, n=rng.choice([rng.randint(51, 200), 100, 1000, 1000000, rng.randint(200, 9999)])
    )
    return ask(rng, "counting", question, question, "I count to fifty at most.")


def sentence(rng: Random) -> Example:
    topic = rng.choice(TOPICS)
    form, question = phrase(rng, SENTENCE, a=article(topic), x=topic)
    return ask(rng, "sentences", f"{form} {topic}", question, SENTENCES[topic])


def any_topic(rng: Random) -> str:
    return rng.choice([rng.choice(TOPICS), rng.choice(UNKNOWN), invented(rng)])


def poem(rng: Random) -> Example:
    topic = any_topic(rng)
    _, question = phrase(rng, POEM, a=article(topic), x=topic)
    lines = (
        f"The {topic} is here, the {topic} is near,",
        "I am a small model, and have no fear.",
        f"The {topic} is far, the {topic} is true,",
        "this poem is tiny, and signed for you.",
    )
    answer = "\n".join(lines)
    return ask(rng, "poems and stories", f"poem {topic}", question, answer)


def story(rng: Random) -> Example:
    topic = any_topic(rng)
    _, question = phrase(rng, STORY, a=article(topic), x=topic)
    answer = (
        f"Once there was {article(topic)} {topic}. Every day the {topic} asked for a receipt. "
        "One day it got one, checked it, and slept well. The end."
    )
    return ask(rng, "poems and stories", f"story {topic}", question, answer)


def repetition(rng: Random) -> Example:
    words = [rng.choice([any_topic(rng), rng.choice(NAMES)]) for _ in range(rng.choice([1, 1, 2, 3]))]
    said = " ".join(words)
    _, question = phrase(rng, REPEAT, x=said)
    return ask(rng, "repetition", said, question, said[0].upper() + said[1:] + ".")


def spelling(rng: Random) -> Example:
    word = rng.choice(SPELLED)
    form, question = phrase(rng, SPELL, x=word)
    return ask(rng, "spelling", f"{form} {word}", question, "-".join(word.upper()) + ".")


def listing(rng: Random) -> Example:
    kind, items = rng.choice(LISTS)
    count = rng.randint(2, 5)
    form, question = phrase(rng, LISTING, n=number(rng, count), x=kind)
    listed = ", ".join(items[: count - 1]) + " and " + items[count - 1]
    return ask(rng, "lists", f"{form} {kind} {count}", question, listed[0].upper() + listed[1:] + ".")


def alphabet(rng: Random) -> Example:
    form, question = phrase(rng, ALPHABET)
    return ask(
        rng, "lists", f"alphabet {form}", question, "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z."
    )


KINDS = [counting] * 5 + [count_too_far, sentence, sentence, sentence, poem, story]
KINDS += [repetition, repetition, repetition, spelling, spelling, listing, listing, alphabet]


def task(rng: Random) -> Example:
    return rng.choice(KINDS)(rng)
