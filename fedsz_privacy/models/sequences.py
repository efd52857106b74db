"""Small models of token sequences: each position's outputs are logits of the next token, and see no later one."""

from typing import cast

import torch
from torch import Tensor, nn

WIDTH = 64
"""Numbers that stand for a token."""

HIDDEN = 128
"""Units of the recurrent layer."""

HEADS = 4

BLOCKS = 2


def lstm(shape: tuple[int, ...], outputs: int) -> nn.Module:  # noqa: ARG001  # it takes any length
    """Return an LSTM (Hochreiter and Schmidhuber, 1997) of 128 units, for a vocabulary of ``outputs`` tokens."""
    return Recurrent(outputs, WIDTH, HIDDEN)


def transformer(shape: tuple[int, ...], outputs: int, dropout: float = 0.0) -> nn.Module:
    """Return a causal transformer of two blocks, for (length,) tokens of a vocabulary of ``outputs``."""
    return Transformer(shape[0], outputs, WIDTH, HEADS, BLOCKS, dropout)


class Recurrent(nn.Module):
    """An embedding, an LSTM and a linear layer: from tokens (records, length) to (records, length, vocabulary)."""

    def __init__(self, vocabulary: int, width: int, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.lstm = nn.LSTM(width, hidden, batch_first=True)
        self.head = nn.Linear(hidden, vocabulary)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the logits of the token after each."""
        hidden, _ = self.lstm(self.embedding(tokens))
        return cast("Tensor", self.head(hidden))


class Transformer(nn.Module):
    """A decoder as GPT-2 is (Radford et al., 2019): from tokens (records, length) to (records, length, vocabulary).

    Its parameters lie in embeddings, linear layers and layer norms alone, so that many models, and the gradients of
    many records, can be computed at once, and Opacus takes it as it is.
    """

    def __init__(self, length: int, vocabulary: int, width: int, heads: int, blocks: int, dropout: float) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(length, width)
        self.blocks = nn.Sequential(*(Block(width, heads, dropout) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the logits of the token after each."""
        places = torch.arange(tokens.shape[-1], device=tokens.device).expand(tokens.shape)
        hidden = self.blocks(self.tokens(tokens) + self.positions(places))
        return cast("Tensor", self.head(self.norm(hidden)))


class Block(nn.Module):
    """Attention of each position to itself and those before it, then a perceptron, each beside a residual path."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width)
        self.attention_in = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.perceptron = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        # vmap refuses a dropout layer, even one that drops nothing.
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()

    def forward(self, hidden: Tensor) -> Tensor:
        """Return numbers of the same shape, (records, length, width)."""
        hidden = hidden + self.dropout(self.attend(self.attention_norm(hidden)))
        return cast("Tensor", hidden + self.dropout(self.perceptron(hidden)))

    def attend(self, hidden: Tensor) -> Tensor:
        """Return what each position reads off those up to it."""
        split = self.attention_in(hidden).unflatten(-1, (3, self.heads, -1)).movedim(-3, 0)
        query, key, value = split.transpose(-2, -3).unbind(0)
        # Written out, since vmap has no rule for PyTorch's fused attention on processors.
        scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
        later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
        read = scores.masked_fill(later, -torch.inf).softmax(-1) @ value
        return cast("Tensor", self.attention_out(read.transpose(-2, -3).flatten(-2)))
