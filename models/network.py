"""The network: a decoder-only transformer with rotary positions and squared-ReLU layers, no biases."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tokenizer import CONTEXT, VOCABULARY

WIDTH, LAYERS, HEADS, HIDDEN = 192, 4, 6, 640
HEAD = WIDTH // HEADS
ROTARY_BASE = 10_000.0
EPSILON = 1e-5


def rotary_tables() -> tuple[Tensor, Tensor]:
    """Cosines and sines, one row for each position and one column for each pair of a head's halves."""
    rates = ROTARY_BASE ** (-torch.arange(0, HEAD, 2, dtype=torch.float64) / HEAD)
    angles = torch.arange(CONTEXT, dtype=torch.float64)[:, None] * rates
    return angles.cos().float(), angles.sin().float()


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turns each pair (x[i], x[i + HEAD/2]) by its position's angle."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(WIDTH, EPSILON, bias=False)
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.attention_out = nn.Linear(WIDTH, WIDTH, bias=False)
        self.hidden_norm = nn.LayerNorm(WIDTH, EPSILON, bias=False)
        self.hidden_in = nn.Linear(WIDTH, HIDDEN, bias=False)
        self.hidden_out = nn.Linear(HIDDEN, WIDTH, bias=False)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        batch, length, _ = x.shape
        mixed = self.query_key_value(self.attention_norm(x)).view(batch, length, 3, HEADS, HEAD)
        query, key, value = mixed.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(
            rotate(query, cosine, sine), rotate(key, cosine, sine), value, is_causal=True
        )
        x = x + self.attention_out(attended.transpose(1, 2).reshape(batch, length, WIDTH))
        return x + self.hidden_out(F.relu(self.hidden_in(self.hidden_norm(x))).square())


class Network(nn.Module):
    """Token numbers [batch, length] to logits [batch, length, VOCABULARY]; the embedding serves both ends."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.final_norm = nn.LayerNorm(WIDTH, EPSILON, bias=False)
        cosine, sine = rotary_tables()
        self.register_buffer("cosine", cosine, persistent=False)
        self.register_buffer("sine", sine, persistent=False)
        nn.init.normal_(self.embedding.weight, std=0.05)
        for layer in self.layers:
            for matrix in (layer.query_key_value, layer.hidden_in):
                nn.init.normal_(matrix.weight, std=WIDTH**-0.5)
            nn.init.zeros_(layer.attention_out.weight)
            nn.init.zeros_(layer.hidden_out.weight)

    def hidden(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens)
        length = tokens.shape[1]
        for layer in self.layers:
            x = layer(x, self.cosine[:length], self.sine[:length])
        return self.final_norm(x)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.hidden(tokens) @ self.embedding.weight.T
