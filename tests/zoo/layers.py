"""Modules that the zoo's models are made of: what users write, good habits and bad ones."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from zoo.records import VOCABULARY


class Recurrent(nn.Module):
    def __init__(self, kind: type[nn.RNNBase]):
        super().__init__()
        self.body, self.head = kind(6, 8, batch_first=True), nn.Linear(8, 3)

    def forward(self, sequences: Tensor) -> Tensor:
        return self.head(self.body(sequences)[0][:, -1])


class Encoder(nn.Module):
    def __init__(self, dropout: float):
        super().__init__()
        layer = nn.TransformerEncoderLayer(6, 2, 12, dropout, batch_first=True)
        self.body, self.head = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), nn.Linear(6, 3)

    def forward(self, sequences: Tensor) -> Tensor:
        return self.head(self.body(sequences).mean(1))


class Decoder(nn.Module):
    """A causal language model, with learnt positions, an infinite mask, and its output tied to its embedding."""

    def __init__(self, tied: bool = False):
        super().__init__()
        self.embedding, self.positions = nn.Embedding(VOCABULARY, 8), nn.Parameter(torch.randn(6, 8))
        self.queries, self.out = nn.Linear(8, 24), nn.Linear(8, VOCABULARY, bias=False)
        self.register_buffer("mask", torch.full((6, 6), -torch.inf).triu(1))
        if tied:
            self.out.weight = self.embedding.weight

    def forward(self, words: Tensor) -> Tensor:
        hidden = self.embedding(words) + self.positions
        query, key, value = self.queries(hidden).chunk(3, -1)
        scores = query @ key.transpose(-1, -2) / 8**0.5 + self.mask
        return self.out(hidden + scores.softmax(-1) @ value)


class WordLSTM(nn.Module):
    """A language model whose recurrent layer reads embeddings."""

    def __init__(self):
        super().__init__()
        self.embedding, self.body = nn.Embedding(VOCABULARY, 8), nn.LSTM(8, 8, batch_first=True)
        self.out = nn.Linear(8, VOCABULARY)

    def forward(self, words: Tensor) -> Tensor:
        return self.out(self.body(self.embedding(words))[0])


class MeanOfWords(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.head = nn.Embedding(VOCABULARY, 8), nn.Linear(8, 3)

    def forward(self, words: Tensor) -> Tensor:
        return self.head(self.embedding(words).mean(1))


class Positions(nn.Module):
    """Adds a constant buffer, as a positional encoding does."""

    def __init__(self):
        super().__init__()
        self.register_buffer("encoding", torch.linspace(-1, 1, 30).reshape(5, 6))
        self.body, self.head = nn.Linear(6, 8), nn.Linear(8, 3)

    def forward(self, sequences: Tensor) -> Tensor:
        return self.head(torch.tanh(self.body(sequences + self.encoding)).mean(1))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention, self.head = nn.MultiheadAttention(6, 2, batch_first=True), nn.Linear(6, 3)

    def forward(self, sequences: Tensor) -> Tensor:
        return self.head(self.attention(sequences, sequences, sequences)[0].mean(1))


class Adapted(nn.Module):
    """A frozen linear layer with a low-rank adapter (Hu et al., ICLR 2022) that alone trains."""

    def __init__(self):
        super().__init__()
        self.base = nn.Linear(6, 8).requires_grad_(False)
        self.lora_A, self.lora_B = nn.Parameter(torch.randn(2, 6)), nn.Parameter(torch.randn(8, 2) / 10)
        self.head = nn.Linear(8, 3).requires_grad_(False)

    def forward(self, rows: Tensor) -> Tensor:
        return self.head(torch.tanh(self.base(rows) + rows @ self.lora_A.T @ self.lora_B.T))


class OneNumber(nn.Module):
    """A binary head that squeezes its one logit."""

    def __init__(self):
        super().__init__()
        self.body = perceptron(6, 1)

    def forward(self, rows: Tensor) -> Tensor:
        return self.body(rows).squeeze(-1)


class ChannelsLast(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = convolutions(nn.Identity(), 3)
        self.to(memory_format=torch.channels_last)

    def forward(self, images: Tensor) -> Tensor:
        return self.body(images.to(memory_format=torch.channels_last))


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.categories, self.body = nn.Embedding(4, 3), perceptron(9, 3)

    def forward(self, rows: Tensor, category: Tensor) -> Tensor:
        return self.body(torch.cat([rows, self.categories(category)], 1))


class Block(nn.Module):
    """A residual block as ResNet has it."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)

    def forward(self, images: Tensor) -> Tensor:
        inner = functional.relu(self.bn1(self.conv1(images)), inplace=True)
        return functional.relu(images + self.bn2(self.conv2(inner)), inplace=True)


class Counting(nn.Module):
    """Buffers that are no floats and change: batches seen, and whether there was one."""

    def __init__(self):
        super().__init__()
        self.body = perceptron(6, 3)
        self.register_buffer("batches", torch.tensor(0))
        self.register_buffer("begun", torch.tensor(False))

    def forward(self, rows: Tensor) -> Tensor:
        if self.training:
            self.batches += 1
            self.begun.fill_(True)
        return self.body(rows)


class Begun(nn.Module):
    """A buffer that the first step changes and no other."""

    def __init__(self):
        super().__init__()
        self.body = perceptron(6, 3)
        self.register_buffer("begun", torch.tensor(False))

    def forward(self, rows: Tensor) -> Tensor:
        self.begun.fill_(True)
        return self.body(rows)


class Centred(nn.Module):
    """A float buffer that follows the records, in evaluation mode too, and is written to in place."""

    def __init__(self):
        super().__init__()
        self.body = perceptron(6, 3)
        self.register_buffer("centre", torch.zeros(6))

    def forward(self, rows: Tensor) -> Tensor:
        outputs = self.body(rows - self.centre)
        if self.training:
            with torch.no_grad():
                self.centre.mul_(0.9).add_(0.1 * rows.mean(0))
        return outputs


class Scaled(nn.Module):
    """A parameter without axes."""

    def __init__(self):
        super().__init__()
        self.scale, self.body = nn.Parameter(torch.tensor(1.5)), perceptron(6, 3)

    def forward(self, rows: Tensor) -> Tensor:
        return self.scale * self.body(rows)


class Branching(nn.Module):
    """Control flow that depends on values of the batch."""

    def __init__(self):
        super().__init__()
        self.low, self.high = nn.Linear(6, 3), nn.Linear(6, 3)

    def forward(self, rows: Tensor) -> Tensor:
        return self.low(rows) if rows.sum() < 0 else self.high(rows)


class AmongBatch(nn.Module):
    """Attention over the batch: what a record gives depends on the others."""

    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(6, 8), nn.Linear(8, 3)

    def forward(self, rows: Tensor) -> Tensor:
        hidden = torch.tanh(self.body(rows))
        return self.head((hidden @ hidden.T).softmax(-1) @ hidden)


class Unused(nn.Module):
    """A parameter that the loss does not depend on."""

    def __init__(self):
        super().__init__()
        self.body, self.spare = perceptron(6, 3), nn.Linear(3, 3)

    def forward(self, rows: Tensor) -> Tensor:
        return self.body(rows)


class Listed(nn.Module):
    """Layers in a list and parameters in a dictionary."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(6, 6), nn.Linear(6, 6)])
        self.shifts = nn.ParameterDict({"first": torch.randn(6), "second": torch.randn(6)})
        self.head = nn.Linear(6, 3)

    def forward(self, rows: Tensor) -> Tensor:
        for layer, shift in zip(self.layers, self.shifts.values(), strict=True):
            rows = torch.tanh(layer(rows) + shift)
        return self.head(rows)


class AlwaysDropping(nn.Module):
    """The common slip: a functional dropout that evaluation mode does not turn off."""

    def __init__(self):
        super().__init__()
        self.body = perceptron(6, 3)

    def forward(self, rows: Tensor) -> Tensor:
        return self.body(functional.dropout(rows, 0.3))


class Overwriting(nn.Module):
    """Normalises its input in place, and keeps what it saw."""

    def __init__(self):
        super().__init__()
        self.body = perceptron(6, 3)
        self.seen: Tensor | None = None

    def forward(self, rows: Tensor) -> Tensor:
        rows.mul_(0.5).add_(0.1)
        self.seen = self.body(rows)
        return self.seen


def perceptron(inputs: int, outputs: int, *between: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, 12), *between, nn.ReLU(), nn.Linear(12, outputs))


def convolutions(normalise: nn.Module, channels: int = 1, *between: nn.Module) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, 4, 3, padding=1, stride=2),
        normalise,
        nn.ReLU(),
        *between,
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(16, 3),
    )


def with_frozen_start(model: nn.Sequential) -> nn.Sequential:
    model[0].requires_grad_(False)
    return model


def big_head() -> nn.Module:
    """Dropout as the paper's AlexNet has it, between wide layers."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Dropout(), nn.Linear(144, 16), nn.ReLU(), nn.Dropout(),
        nn.Linear(16, 3),
    )  # fmt: skip
