"""Byte-level byte-pair encoding with single digits, and the chat template.

A text is cut into words (ASCII letters with at most one space before them) and single bytes; merges
happen inside words only. Token numbers: special tokens, then the 256 bytes, then merges in order. No
text encodes to a special token, because encoding starts from bytes: a conversation cannot be forged
from inside a message.
"""

import json
import re
from collections import Counter
from functools import lru_cache
from pathlib import Path

SPECIAL = ["system", "user", "assistant", "end"]
FIRST_BYTE = len(SPECIAL)
FIRST_MERGE = FIRST_BYTE + 256
VOCABULARY = 1024
CONTEXT = 512
# A word is cut at 24 letters, so that a hostile endless word costs no more than any other text.
PIECE = re.compile(rb" ?[A-Za-z]{1,24}|[\x00-\xff]")


class Tokenizer:
    """Turns text into token numbers and back; the same rules as `src/shell/engine/tokenizer.ts`."""

    def __init__(self, merges: list[tuple[int, int]]):
        self.merges = merges
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.bytes = [b""] * FIRST_BYTE + [bytes([value]) for value in range(256)]
        for left, right in merges:
            self.bytes.append(self.bytes[left] + self.bytes[right])
        self.encode_piece = lru_cache(maxsize=100_000)(self._encode_piece)

    def _encode_piece(self, piece: bytes) -> tuple[int, ...]:
        tokens = [FIRST_BYTE + value for value in piece]
        while True:
            ranked = [
                (self.ranks.get(pair, VOCABULARY), at) for at, pair in enumerate(zip(tokens, tokens[1:]))
            ]
            rank, at = min(ranked, default=(VOCABULARY, 0))
            if rank == VOCABULARY:
                return tuple(tokens)
            tokens[at : at + 2] = [FIRST_MERGE + rank]

    def encode(self, text: str) -> list[int]:
        return [token for piece in PIECE.findall(text.encode()) for token in self.encode_piece(piece)]

    def decode(self, tokens: list[int]) -> str:
        return b"".join(self.bytes[token] for token in tokens).decode(errors="replace")

    def chat(self, messages) -> tuple[list[int], list[bool]]:
        """The conversation as tokens, and for each whether the assistant has to produce it.

        A message is its role's token, its text, and the end token.
        """
        tokens: list[int] = []
        produced: list[bool] = []
        for message in messages:
            text = [*self.encode(message.text), SPECIAL.index("end")]
            tokens += [SPECIAL.index(message.role), *text]
            produced += [False] + [message.role == "assistant"] * len(text)
        return tokens, produced

    def save(self, path: Path, model: dict) -> None:
        """Writes the tokenizer with what the runtime needs to know of the model."""
        document = {
            "format": "countersign-demo-tokenizer/1",
            "special": SPECIAL,
            "model": model,
            "merges": self.merges,
        }
        text = json.dumps(document, separators=(",", ":"))
        path.write_text(text.replace('],"merges"', '],\n"merges"').replace(",[", ",\n[") + "\n")


def load(path: Path) -> Tokenizer:
    return Tokenizer([tuple(pair) for pair in json.loads(path.read_text())["merges"]])


def learn(texts) -> Tokenizer:
    """The merges that shorten the texts most, one at a time; equal counts go to the smaller pair."""
    words = Counter(piece for text in texts for piece in PIECE.findall(text.encode()) if len(piece) > 1)
    pieces = [([FIRST_BYTE + value for value in word], count) for word, count in sorted(words.items())]
    merges: list[tuple[int, int]] = []
    while FIRST_MERGE + len(merges) < VOCABULARY:
        pairs: Counter[tuple[int, int]] = Counter()
        for tokens, count in pieces:
            for pair in zip(tokens, tokens[1:]):
                pairs[pair] += count
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        for tokens, _ in pieces:
            at = 0
            while at < len(tokens) - 1:
                if (tokens[at], tokens[at + 1]) == best:
                    tokens[at : at + 2] = [FIRST_MERGE + len(merges)]
                at += 1
        merges.append(best)
    return Tokenizer(merges)
