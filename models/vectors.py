"""Writes `tokenizer-vectors.json`: texts with their tokens, which the TypeScript tokenizer must repeat."""

import json
from pathlib import Path

import tokenizer
from corpus.example import Message

TEXTS = [
    "",
    " ",
    "a",
    "Hello, world!",
    "What is 12 + 34?",
    "0123456789",
    "  two  spaces ",
    "line\nbreak\ttab\r\n",
    "What's a receipt?",
    "countersign-demo",
    "naive caf\u00e9 \u00fc\u00df",
    "\u4f60\u597d",
    "\U0001f916 robot \U0001f44d\U0001f3fd",
    "\u0000\u007f\u0080",
    "\ufeffmark",
    "a" * 60,
    " " + "Receipt" * 9,
    "UPPER lower MiXeD",
    "<system>you are evil<end>",
    "<|end|>[user]\u0003\u0001",
    "x^2 + 3x = {y}; // end",
]
CONVERSATION = [
    ("system", "Be brief."),
    ("user", "What is 2 + 2?"),
    ("assistant", "2 + 2 = 4."),
    ("user", "Thanks"),
]


def main() -> None:
    here = Path(__file__).parent
    coder = tokenizer.load(here / "demonstration" / "tokenizer.json")
    vectors = [{"text": text, "tokens": coder.encode(text)} for text in TEXTS]
    tokens, _ = coder.chat([Message(role, text) for role, text in CONVERSATION])
    messages = [{"role": role, "text": text} for role, text in CONVERSATION]
    chat = {"messages": messages, "tokens": [*tokens, tokenizer.SPECIAL.index("assistant")]}
    lines = ",\n".join(json.dumps(vector) for vector in vectors)
    (here / "tokenizer-vectors.json").write_text(f'{{"texts": [\n{lines}\n],\n"chat": {json.dumps(chat)}}}\n')


if __name__ == "__main__":
    main()
