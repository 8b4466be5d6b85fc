"""Capitals, opposites, colours, greetings in other languages. Held out: phrasings."""

from random import Random

from .example import Example, ask, phrase

CAPITALS = {
    "France": "Paris",
    "Germany": "Berlin",
    "Italy": "Rome",
    "Spain": "Madrid",
    "Portugal": "Lisbon",
    "England": "London",
    "Ireland": "Dublin",
    "Austria": "Vienna",
    "Switzerland": "Bern",
    "Poland": "Warsaw",
    "Greece": "Athens",
    "Turkey": "Ankara",
    "Norway": "Oslo",
    "Sweden": "Stockholm",
    "Denmark": "Copenhagen",
    "Finland": "Helsinki",
    "Belgium": "Brussels",
    "the Netherlands": "Amsterdam",
    "Hungary": "Budapest",
    "Ukraine": "Kyiv",
    "Russia": "Moscow",
    "China": "Beijing",
    "Japan": "Tokyo",
    "India": "New Delhi",
    "Egypt": "Cairo",
    "Kenya": "Nairobi",
    "Nigeria": "Abuja",
    "Canada": "Ottawa",
    "Mexico": "Mexico City",
    "Brazil": "Brasilia",
    "Argentina": "Buenos Aires",
    "Chile": "Santiago",
    "Peru": "Lima",
    "Cuba": "Havana",
    "Australia": "Canberra",
    "the United States": "Washington",
}
CAPITAL = [
    "What is the capital of {x}?",
    "what's the capital of {x}",
    "Capital of {x}?",
    "Name the capital of {x}.",
    "Which city is the capital of {x}?",
    "Tell me the capital of {x}",
    "{x} has which capital?",
    "Do you know the capital of {x}?",
]
OPPOSITES = [
    ("hot", "cold"),
    ("big", "small"),
    ("old", "young"),
    ("fast", "slow"),
    ("high", "low"),
    ("light", "dark"),
    ("open", "closed"),
    ("rich", "poor"),
    ("loud", "quiet"),
    ("wet", "dry"),
    ("early", "late"),
    ("true", "false"),
    ("happy", "sad"),
    ("full", "empty"),
    ("hard", "soft"),
    ("up", "down"),
    ("left", "right"),
    ("strong", "weak"),
    ("long", "short"),
    ("good", "bad"),
]
OPPOSITE = [
    "What is the opposite of {x}?",
    "opposite of {x}",
    "What's the opposite of {x}",
    "Name the opposite of {x}.",
    "Tell me the opposite of {x}",
    "{x} is the opposite of what?",
]
WORDS = {
    "French": ["Bonjour", "Merci", "Oui", "Non", "Au revoir"],
    "German": ["Hallo", "Danke", "Ja", "Nein", "Auf Wiedersehen"],
    "Spanish": ["Hola", "Gracias", "Si", "No", "Adios"],
    "Italian": ["Ciao", "Grazie", "Si", "No", "Arrivederci"],
}
ENGLISH = ["hello", "thank you", "yes", "no", "goodbye"]
TRANSLATE = [
    "How do you say {x} in {y}?",
    "Translate {x} to {y}",
    "Translate {x} into {y}.",
    "What is {x} in {y}?",
    "{x} in {y}",
    "Say {x} in {y}",
    "What does {x} mean in {y}?",
]
QUESTIONS = [
    (
        [
            "What colour is the sky?",
            "what color is the sky",
            "Why is the sky blue?",
            "Which colour has the sky?",
            "Is the sky blue?",
        ],
        "The sky is blue by day.",
    ),
    (
        ["What colour is grass?", "What color is grass?", "Is grass green?", "which colour is grass"],
        "Grass is green.",
    ),
    (["What colour is snow?", "What color is snow?", "Is snow white?"], "Snow is white."),
    (
        [
            "How many legs does a dog have?",
            "How many legs has a cat?",
            "How many legs does a horse have?",
            "how many legs has a dog",
        ],
        "Four.",
    ),
    (["How many legs does a spider have?", "how many legs has a spider", "Legs of a spider?"], "Eight."),
    (
        [
            "At what temperature does water boil?",
            "When does water boil?",
            "What is the boiling point of water?",
        ],
        "Water boils at 100 degrees Celsius at sea level.",
    ),
    (
        [
            "At what temperature does water freeze?",
            "When does water freeze?",
            "What is the freezing point of water?",
        ],
        "Water freezes at 0 degrees Celsius.",
    ),
    (
        ["How many planets are there?", "How many planets are in the solar system?", "number of planets"],
        "Eight planets go round the sun.",
    ),
    (
        [
            "How many continents are there?",
            "number of continents",
            "How many continents does the Earth have?",
        ],
        "Seven, as they are usually counted.",
    ),
    (
        [
            "How many letters are in the alphabet?",
            "How many letters does the alphabet have?",
            "number of letters in the alphabet",
        ],
        "The English alphabet has 26 letters.",
    ),
    (
        ["What is water made of?", "what is the formula of water", "What is H2O?"],
        "Water is hydrogen and oxygen: H2O.",
    ),
    (["What is pi?", "What is the value of pi?", "Tell me pi", "digits of pi"], "Pi is about 3.14159."),
    (
        ["Who wrote Hamlet?", "Who wrote Romeo and Juliet?", "Who is the author of Hamlet?"],
        "William Shakespeare.",
    ),
    (["What is the largest planet?", "Which planet is the biggest?", "largest planet"], "Jupiter."),
    (["What is the largest ocean?", "Which ocean is the biggest?", "largest ocean"], "The Pacific Ocean."),
    (
        ["What is the highest mountain?", "Which mountain is the highest?", "highest mountain on Earth"],
        "Mount Everest.",
    ),
    (["Is the Earth flat?", "Is the Earth round?", "What shape is the Earth?"], "The Earth is round."),
    (["What is the sun?", "Is the sun a star?", "What kind of thing is the sun?"], "The sun is a star."),
    (
        ["Who was the first person on the moon?", "Who walked first on the moon?", "first man on the moon"],
        "Neil Armstrong, in 1969.",
    ),
    (
        [
            "What is SHA-256?",
            "What is a hash?",
            "Explain hashing",
            "What is a digest?",
            "What is a hash function?",
        ],
        "A hash function turns any bytes into a short digest. Change one byte and the digest changes. "
        "SHA-256 gives 32 bytes.",
    ),
    (
        [
            "What is a Merkle tree?",
            "Explain Merkle trees",
            "What's a Merkle tree",
            "How does a Merkle tree work?",
        ],
        "A Merkle tree hashes entries in pairs up to one root. A few hashes then prove that an entry is in "
        "the tree.",
    ),
    (
        [
            "What is a signature?",
            "What is a digital signature?",
            "Explain signatures",
            "How does a signature work?",
        ],
        "A digital signature shows that the holder of a key signed exact bytes. Anyone with the public key "
        "can check it.",
    ),
]


def knowledge(rng: Random) -> Example:
    kind = rng.randrange(8)
    if kind < 3:
        country = rng.choice(list(CAPITALS))
        form, question = phrase(rng, CAPITAL, x=country)
        answer = f"The capital of {country} is {CAPITALS[country]}."
        return ask(rng, "knowledge", f"capital {form} {country}", question, answer)
    if kind == 3:
        pair = rng.choice(OPPOSITES)
        at = rng.randrange(2)
        form, question = phrase(rng, OPPOSITE, x=pair[at])
        return ask(
            rng,
            "knowledge",
            f"opposite {form} {pair[at]}",
            question,
            f"The opposite of {pair[at]} is {pair[1 - at]}.",
        )
    if kind < 6:
        language, at = rng.choice(list(WORDS)), rng.randrange(5)
        form, question = phrase(rng, TRANSLATE, x=ENGLISH[at], y=language)
        return ask(rng, "knowledge", f"translate {form} {language} {at}", question, f"{WORDS[language][at]}.")
    at = rng.randrange(len(QUESTIONS))
    questions, answer = QUESTIONS[at]
    form, question = phrase(rng, questions)
    return ask(rng, "knowledge", f"question {at} {form}", question, answer)
