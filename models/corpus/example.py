"""One conversation to learn from, and the rule that keeps some of them out of training."""

import hashlib
from dataclasses import dataclass
from random import Random
from typing import Callable

HELD_OUT_ONE_IN = 12
# Of a group that is held out, this share of the keys stays held out in the second stage of training.
HELD_OUT_OF_GROUP_ONE_IN = 3


@dataclass(frozen=True)
class Message:
    """One message of a conversation; `role` is system, user or assistant."""

    role: str
    text: str


@dataclass(frozen=True)
class Example:
    """A conversation that ends in an assistant's message.

    `key` names the content (an operand pair, or a phrasing with its item), never the spelling, so that
    two prompts that differ only in capitals or typing errors fall on the same side of the split.
    `group`, where there is one, names the content more coarsely: the first stage of training keeps whole
    groups out, the second only some keys of them.
    `accepted` lists every answer that counts as right; the last message is one of them.
    """

    category: str
    key: str
    messages: tuple[Message, ...]
    accepted: tuple[str, ...]
    group: str = ""

    @property
    def held_out(self) -> bool:
        """Whether this content is kept out of all training, by its digest."""
        if self.group == "":
            return self.held_out_at_first
        return self.held_out_at_first and self._drawn(self.key, HELD_OUT_OF_GROUP_ONE_IN)

    @property
    def held_out_at_first(self) -> bool:
        """Whether this content, or its group, is kept out of the first stage of training."""
        return self._drawn(self.group or self.key, HELD_OUT_ONE_IN)

    def _drawn(self, name: str, one_in: int) -> bool:
        digest = hashlib.sha256(f"{self.category}/{name}".encode()).digest()
        return int.from_bytes(digest[:4], "big") % one_in == 0


Draw = Callable[[Random], Example]


def ask(rng: Random, category: str, key: str, question: str, *accepted: str) -> Example:
    """A conversation of one question; with several accepted answers, one of them is drawn."""
    answer = accepted[0] if len(accepted) == 1 else rng.choice(accepted)
    return Example(category, key, (Message("user", question), Message("assistant", answer)), accepted)


def phrase(rng: Random, templates: list[str], **values: object) -> tuple[int, str]:
    """A template of the list, filled in, with its position, which belongs in the example's key."""
    index = rng.randrange(len(templates))
    return index, templates[index].format(**values)
