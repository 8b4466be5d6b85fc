"""Trains the demonstration model: `python models/train.py WEIGHTS`. Fixed seeds, fixed numbers of steps.

Writes the tokenizer and the held-out prompts beside the model, and the weights to WEIGHTS (for
`export.py`). Each stage leaves its weights in a file of its own, and is not run again while that is there.
The same machine and library versions give the same weights.
"""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

import tokenizer
from corpus.conversation import held_out_example, training_example
from corpus.mixture import BROAD, EACH_KIND, FOCUSED, Mixture
from network import CONTEXT, HEAD, HEADS, HIDDEN, LAYERS, VOCABULARY, WIDTH, Network
from optimizer import Muon

SEED = 20_261_121
CONVERSATIONS_PER_STEP = 64
GROUPS_PER_STEP = 4
THREADS = 2
HELD_OUT_PER_KIND = 30

HERE = Path(__file__).parent
MODEL = {
    "context": CONTEXT,
    "vocabulary": VOCABULARY,
    "width": WIDTH,
    "layers": LAYERS,
    "heads": HEADS,
    "head": HEAD,
    "hidden": HIDDEN,
}


@dataclass(frozen=True)
class Stage:
    """One run of training: learning rates rise over `warm_up` steps and fall to zero over `cool_down`."""

    mixture: Mixture
    seed: int
    steps: int
    warm_up: int
    cool_down: int
    matrix_rate: float
    vector_rate: float

    def rate(self, step: int) -> float:
        """The factor on the learning rates at a step."""
        return min(1.0, (step + 1) / self.warm_up, (self.steps - step) / self.cool_down)


STAGES = [
    Stage(BROAD, SEED + 2, 3_600, 100, 1_600, 0.02, 0.003),
    Stage(FOCUSED, SEED + 3, 700, 50, 650, 0.01, 0.0015),
]

# The model is the weighted mean of both stages' weights: the second alone forgets some of the first.
SECOND_SHARE = 0.6


def learned_tokenizer() -> tokenizer.Tokenizer:
    rng = Random(SEED)
    texts = [message.text for _ in range(40_000) for message in training_example(rng, BROAD).messages]
    return tokenizer.learn(texts)


def write_held_out(path: Path) -> None:
    """The prompts that training never sees, with every accepted answer; one JSON object a line."""
    rng = Random(SEED + 1)
    lines: list[str] = []
    for draw in EACH_KIND:
        seen: set[str] = set()
        for _ in range(40 * HELD_OUT_PER_KIND):
            example = held_out_example(rng, draw)
            if len(seen) == HELD_OUT_PER_KIND or example.key in seen:
                continue
            seen.add(example.key)
            prompt = [{"role": m.role, "content": m.text} for m in example.messages[:-1]]
            entry = {"category": example.category, "messages": prompt, "accepted": list(example.accepted)}
            lines.append(json.dumps(entry, ensure_ascii=False))
    path.write_text("\n".join(lines) + "\n")


def groups(rng: Random, mixture: Mixture, coder: tokenizer.Tokenizer) -> list[tuple[Tensor, Tensor]]:
    """One step's conversations in groups of similar length: tokens, and targets (-100: none is asked)."""
    rows = sorted(
        (coder.chat(training_example(rng, mixture).messages) for _ in range(CONVERSATIONS_PER_STEP)),
        key=lambda row: len(row[0]),
    )
    size = CONVERSATIONS_PER_STEP // GROUPS_PER_STEP
    result = []
    for start in range(0, len(rows), size):
        group = rows[start : start + size]
        longest = min(CONTEXT, len(group[-1][0]))
        tokens = torch.full((size, longest), tokenizer.SPECIAL.index("end"))
        targets = torch.full((size, longest), -100)
        for at, (row, produced) in enumerate(group):
            row, produced = row[:longest], produced[:longest]
            tokens[at, : len(row)] = torch.tensor(row)
            targets[at, : len(row) - 1] = torch.tensor(
                [token if asked else -100 for token, asked in zip(row[1:], produced[1:])]
            )
        result.append((tokens, targets))
    return result


def train(network: Network, coder: tokenizer.Tokenizer, stage: Stage) -> None:
    matrices = [p for layer in network.layers for p in layer.parameters() if p.ndim == 2]
    others = [p for p in network.parameters() if all(p is not m for m in matrices)]
    optimizers = [
        Muon(matrices, stage.matrix_rate),
        torch.optim.AdamW(others, stage.vector_rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]
    rng = Random(stage.seed)
    began, recent, seen = time.monotonic(), 0.0, 0
    for step in range(stage.steps):
        batch = groups(rng, stage.mixture, coder)
        asked = sum(int((targets >= 0).sum()) for _, targets in batch)
        for tokens, targets in batch:
            wanted = targets >= 0
            logits = network.hidden(tokens)[wanted] @ network.embedding.weight.T
            loss = F.cross_entropy(logits, targets[wanted], reduction="sum") / asked
            loss.backward()
            recent += loss.item()
            seen += tokens.numel()
        for optimizer, full in zip(optimizers, (stage.matrix_rate, stage.vector_rate)):
            for group in optimizer.param_groups:
                group["lr"] = full * stage.rate(step)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if (step + 1) % 50 == 0:
            seconds = time.monotonic() - began
            print(
                f"step {step + 1}/{stage.steps} loss {recent / 50:.4f} tokens {seen} seconds {seconds:.0f}",
                flush=True,
            )
            recent = 0.0


def main() -> None:
    weights = Path(sys.argv[1])
    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(THREADS)
    coder = learned_tokenizer()
    (HERE / "demonstration").mkdir(exist_ok=True)
    coder.save(HERE / "demonstration" / "tokenizer.json", MODEL)
    write_held_out(HERE / "held-out.jsonl")
    network = Network()
    print(f"{sum(p.numel() for p in network.parameters())} parameters", flush=True)
    states = []
    for number, stage in enumerate(STAGES, 1):
        after = weights.with_suffix(f".{number}")
        if after.exists():
            network.load_state_dict(torch.load(after))
        else:
            train(network, coder, stage)
            torch.save(network.state_dict(), after)
        states.append(torch.load(after))
    first, second = states
    mean = {name: (1 - SECOND_SHARE) * first[name] + SECOND_SHARE * second[name] for name in first}
    torch.save(mean, weights)


if __name__ == "__main__":
    main()
