"""Lists of ordinary words that the generators fill into their phrasings."""

from random import Random

NAMES = (
    "Ada Alan Grace Emma Noah Olivia Liam Mia Lucas Anna Paul Maria Peter Sofia Tom Lea Ben Nina Max Eva "
    "Sam Julia Leo Clara Omar Aisha Yusuf Fatima Chen Mei Hiro Yuki Ravi Priya Ivan Olga Lars Ingrid Pablo "
    "Lucia Marco Giulia Kofi Amina Jack Ruby Oscar Ella Hugo Alice Felix Rosa Simon Laura Daniel Sarah "
    "David Hannah John Mary James Kate Robert Linda Michael Susan"
).split()

TOPICS = (
    "cat dog horse bird fish tree river sea rain snow sun moon star wind fire stone house garden flower "
    "bread apple coffee tea book letter music song dance train boat bicycle car road city village school "
    "teacher doctor friend child mother father winter summer spring autumn morning night clock window door "
    "chair table computer robot island mountain forest desert"
).split()

UNKNOWN = (
    "banana tomato pasta pizza cheese rocket volcano dinosaur elephant tiger penguin spider butterfly "
    "guitar piano violin football tennis chess poker cinema theatre painting museum castle bridge tower "
    "airport engine battery magnet laser telescope microscope atom molecule protein virus bacteria vaccine "
    "heart brain kidney lung bone muscle skin economy market bank loan tax inflation election parliament "
    "president king queen empire war treaty religion philosophy poem novel drama grammar verb alphabet "
    "history geography chemistry physics biology algebra calculus geometry statistics logic compiler "
    "database browser server router keyboard printer satellite planet galaxy comet asteroid gravity quantum "
    "neutron electron oxygen hydrogen carbon iron copper silver gold diamond crystal glass plastic paper "
    "cotton wool leather bitcoin ethereum python java javascript rust docker kubernetes linux windows "
    "android excel spreadsheet recipe soup salad sandwich chocolate sugar salt pepper vinegar butter hammer "
    "ladder bucket candle mirror umbrella jacket shoe hat ring necklace perfume marathon olympics hockey "
    "yoga meditation insurance mortgage passport visa embassy lawyer judge court police firefighter pilot "
    "sailor farmer baker butcher plumber carpenter tailor barber wizard dragon ghost vampire unicorn pirate "
    "treasure knight sword"
).split()

CONSONANTS, VOWELS = "bcdfghjklmnprstvwz", "aeiou"


def invented(rng: Random) -> str:
    """A pronounceable word that means nothing, so that copying and declining do not depend on known words."""
    return "".join(
        rng.choice(CONSONANTS) + rng.choice(VOWELS) + (rng.choice(CONSONANTS) if rng.random() < 0.3 else "")
        for _ in range(rng.randint(2, 3))
    )


def name(rng: Random) -> str:
    """A person's name, sometimes an invented one."""
    return rng.choice(NAMES) if rng.random() < 0.5 else invented(rng).capitalize()
