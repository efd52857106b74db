"""The zoo: models, their data and task, and which of their computations run for many at once.

What runs at once is an expectation, so that no model changes its path in silence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import nn
from torch.nn.utils import parametrizations

from fedsz_privacy.data.records import Records
from fedsz_privacy.training.vectorized import Computation
from zoo import layers, records

ALL = frozenset(Computation)

TRAINING, PRIVATE, PREDICTION, GRADIENTS = (frozenset({each}) for each in Computation)

NONE = frozenset()


@dataclass(frozen=True)
class Case:
    """A model as a user brings it.

    Attributes
    ----------
    name : str
        What the test is called.
    build : callable
        Makes the module; torch is seeded before.
    records : callable
        Makes its records.
    at_once : frozenset of Computation
        What runs for many at once; the rest runs one by one.
    refused : str
        What DP-SGD says of it; empty if it trains privately.
    """

    name: str
    build: Callable[[], nn.Module]
    records: Callable[[], Records]
    at_once: frozenset[Computation]
    refused: str = ""

    @cached_property
    def model(self) -> nn.Module:
        """One that is only looked at, so that what it can do at once is found out once."""
        return self.make()

    def make(self) -> nn.Module:
        with torch.random.fork_rng():
            torch.manual_seed(1)
            return self.build()


def conv(normalise: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    return lambda: layers.convolutions(normalise())


def mlp(*between: Callable[[], nn.Module], outputs: int = 3) -> Callable[[], nn.Module]:
    return lambda: layers.perceptron(6, outputs, *(make() for make in between))


def normed_mlp(norm: Callable[[nn.Module], nn.Module]) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(norm(nn.Linear(6, 12)), nn.ReLU(), nn.Linear(12, 3))


BATCH_STATISTICS = "keeps batch statistics"
MOVES = "changes when records pass"

ZOO = (
    Case("mlp", mlp(), records.rows, ALL),
    Case("cnn-group-norm", conv(lambda: nn.GroupNorm(2, 4)), records.images, PRIVATE | GRADIENTS),
    Case("group-norm-plain", conv(lambda: nn.GroupNorm(2, 4, affine=False)), records.images, PRIVATE | GRADIENTS),
    Case("batch-norm-2d", conv(lambda: nn.BatchNorm2d(4)), records.images, GRADIENTS, BATCH_STATISTICS),
    Case("batch-norm-1d", mlp(lambda: nn.BatchNorm1d(12)), records.rows, PREDICTION | GRADIENTS, BATCH_STATISTICS),
    Case("instance-norm", conv(lambda: nn.InstanceNorm2d(4, affine=True)), records.images, PRIVATE | GRADIENTS),
    Case(
        "instance-norm-tracking",
        conv(lambda: nn.InstanceNorm2d(4, affine=True, track_running_stats=True)),
        records.images,
        GRADIENTS,
        BATCH_STATISTICS,
    ),
    Case("layer-norm", mlp(lambda: nn.LayerNorm(12)), records.rows, ALL),
    Case("dropout", mlp(lambda: nn.Dropout(0.3)), records.rows, PREDICTION | GRADIENTS),
    Case("alexnet-like", layers.big_head, records.images, GRADIENTS),
    Case("always-dropping", layers.AlwaysDropping, records.rows, NONE),
    Case("lstm", lambda: layers.Recurrent(nn.LSTM), records.sequences, NONE),
    Case("gru", lambda: layers.Recurrent(nn.GRU), records.sequences, TRAINING),
    Case("rnn", lambda: layers.Recurrent(nn.RNN), records.sequences, TRAINING),
    Case("transformer", lambda: layers.Encoder(0.0), records.sequences, ALL),
    Case("transformer-dropout", lambda: layers.Encoder(0.1), records.sequences, PREDICTION | GRADIENTS),
    Case("decoder", layers.Decoder, records.sentences, ALL),
    Case("tied-decoder", lambda: layers.Decoder(tied=True), records.sentences, ALL),
    Case("word-lstm", layers.WordLSTM, records.sentences, NONE),
    Case("embedding-mean", layers.MeanOfWords, records.tokens, ALL),
    Case(
        "embedding-bag",
        lambda: nn.Sequential(nn.EmbeddingBag(records.VOCABULARY, 8), nn.Linear(8, 3)),
        records.tokens,
        NONE,
    ),
    Case("frozen", lambda: layers.with_frozen_start(layers.perceptron(6, 3)), records.rows, ALL),
    Case(
        "frozen-batch-norm",
        lambda: layers.with_frozen_start(layers.convolutions(nn.BatchNorm2d(4))),
        records.images,
        GRADIENTS,
        BATCH_STATISTICS,
    ),
    Case("lora", layers.Adapted, records.rows, ALL),
    Case("one-logit", mlp(outputs=1), records.yes_or_no, ALL),
    Case("one-logit-squeezed", layers.OneNumber, records.yes_or_no, ALL),
    Case("regression", mlp(outputs=2), records.measurements, ALL),
    Case("channels-last", layers.ChannelsLast, lambda: records.images(3), NONE),
    Case("float64", lambda: layers.perceptron(6, 3).double(), records.rows, ALL),
    Case("bfloat16", lambda: layers.perceptron(6, 3).bfloat16(), records.rows, NONE),
    Case("two-inputs", layers.TwoInputs, records.pairs, ALL),
    Case(
        "residual",
        lambda: layers.convolutions(nn.BatchNorm2d(4), 1, layers.Block(4)),
        records.images,
        GRADIENTS,
        BATCH_STATISTICS,
    ),
    Case("weight-norm", normed_mlp(parametrizations.weight_norm), records.rows, GRADIENTS),
    Case("spectral-norm", normed_mlp(parametrizations.spectral_norm), records.rows, PREDICTION | GRADIENTS, MOVES),
    Case("positional-encoding", layers.Positions, records.sequences, ALL),
    Case("counting", layers.Counting, records.rows, PREDICTION | GRADIENTS, MOVES),
    Case("begun", layers.Begun, records.rows, PREDICTION, MOVES),
    Case("moving-centre", layers.Centred, records.rows, PREDICTION | GRADIENTS, MOVES),
    Case("scalar-parameter", layers.Scaled, records.rows, ALL),
    Case("branching", layers.Branching, records.rows, PREDICTION),
    Case("among-batch", layers.AmongBatch, records.rows, PRIVATE | PREDICTION | GRADIENTS),
    Case("unused-parameter", layers.Unused, records.rows, PRIVATE | PREDICTION | GRADIENTS),
    Case("lists-and-dictionaries", layers.Listed, records.rows, ALL),
    Case("attention", layers.Attention, records.sequences, ALL),
    Case("overwriting", layers.Overwriting, records.rows, ALL),
)
