"""Models, training functions and tasks that do not fit, as users bring them."""

from dataclasses import replace
from threading import Lock

import torch
from dp_accounting import NonPrivateDpEvent, UnsupportedDpEvent
from torch import nn
from torch.nn.functional import cross_entropy

from attacks import Signal
from fedsz_privacy.data import DataSplit, Records, classification, load_data, regression
from fedsz_privacy.defences import Release, Released


def sequence(shape, outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, outputs))


class Around(nn.Module):
    """A sound classifier whose forward pass a subclass spoils."""

    def __init__(self, shape, outputs):
        super().__init__()
        self.inner, self.outputs = sequence(shape, outputs), outputs


def lazy(shape, outputs):
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(outputs))


def data_parallel(shape, outputs):
    return nn.DataParallel(sequence(shape, outputs))


def compiled(shape, outputs):
    return torch.compile(sequence(shape, outputs))


def scripted(shape, outputs):
    return torch.jit.script(sequence(shape, outputs))


class LateBuffer(Around):
    def __init__(self, shape, outputs):
        super().__init__(shape, outputs)
        self.register_buffer("cache", None)

    def forward(self, images):
        self.cache = torch.ones(1) if self.cache is None else self.cache
        return self.inner(images)


class LateLayer(Around):
    def forward(self, images):
        if not hasattr(self, "extra"):
            self.extra = nn.Linear(self.outputs, self.outputs)
        return self.extra(self.inner(images))


class GrowingBuffer(Around):
    def __init__(self, shape, outputs):
        super().__init__(shape, outputs)
        self.register_buffer("bank", torch.zeros(0, outputs))

    def forward(self, images):
        outputs = self.inner(images)
        if self.training:
            self.bank = torch.cat([self.bank, outputs.detach()])
        return outputs


class Adapter(Around):
    """A frozen layer, whose weights alone have a name that the paper's rule knows, and an adapter that trains."""

    def __init__(self, shape, outputs):
        super().__init__(shape, outputs)
        self.inner.requires_grad_(False)
        self.lora_A, self.lora_B = nn.Parameter(0.1 * torch.randn(16, 64)), nn.Parameter(torch.zeros(outputs, 16))

    def forward(self, images):
        return self.inner(images) + images.flatten(1) @ self.lora_A.T @ self.lora_B.T


class TupleOutput(Around):
    def forward(self, images):
        return self.inner(images), images


class DictOutput(Around):
    def forward(self, images):
        return {"logits": self.inner(images)}


class NoOutput(Around):
    def forward(self, images):
        self.inner(images)


class ListOutput(Around):
    def forward(self, images):
        return [self.inner(images)]


def too_few_outputs(shape, outputs):
    return sequence(shape, outputs - 3)


def too_many_outputs(shape, outputs):
    return sequence(shape, outputs + 3)


def wrong_size(shape, outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(100, outputs))


def wrong_channels(shape, outputs):
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, outputs))


def wrong_second_layer(shape, outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.Linear(31, outputs))


def no_flatten(shape, outputs):
    return nn.Sequential(nn.Linear(8, outputs))


def frozen(shape, outputs):
    return sequence(shape, outputs).requires_grad_(False)


def without_parameters(shape, outputs):
    return nn.Sequential(nn.Flatten(), nn.ReLU())


class Detached(Around):
    def forward(self, images):
        return self.inner(images).detach()


class WithoutGradient(Around):
    @torch.no_grad()
    def forward(self, images):
        return self.inner(images)


class Constant(Around):
    def forward(self, images):
        return 0 * self.inner(images)


class NotANumber(Around):
    def forward(self, images):
        return self.inner(images) / 0 * 0


def infinite_weights(shape, outputs):
    model = sequence(shape, outputs)
    nn.init.constant_(model[1].weight, torch.inf)
    return model


class GradientNotANumber(Around):
    def forward(self, images):
        return self.inner(images) + (0 * self.inner(images)).sqrt()


class OverTheBatch(Around):
    def forward(self, images):
        return self.inner(images).mean(0, keepdim=True)


class Labels(Around):
    def forward(self, images):
        return self.inner(images).argmax(-1)


class Transposed(Around):
    def forward(self, images):
        return self.inner(images).T


class Complex(Around):
    def __init__(self, shape, outputs):
        super().__init__(shape, outputs)
        self.phase = nn.Parameter(torch.ones(outputs, dtype=torch.complex64))

    def forward(self, images):
        return (self.inner(images) * self.phase).abs()


class Sparse(Around):
    def __init__(self, shape, outputs):
        super().__init__(shape, outputs)
        self.register_buffer("mask", torch.eye(outputs).to_sparse())

    def forward(self, images):
        return self.inner(images) @ self.mask.to_dense()


def on_meta(shape, outputs):
    return sequence(shape, outputs).to("meta")


class WeightNormed(nn.Module):
    """The weight is computed once, outside forward, and keeps its graph."""

    def __init__(self, shape, outputs):
        super().__init__()
        self.size, self.direction = nn.Parameter(torch.ones(outputs, 1)), nn.Parameter(torch.randn(outputs, 64))
        self.weight = self.size * self.direction

    def forward(self, images):
        return images.flatten(1) @ self.weight.T


class Locked(Around):
    def __init__(self, shape, outputs):
        super().__init__(shape, outputs)
        self.lock = Lock()

    def forward(self, images):
        return self.inner(images)


class ExtraState(Around):
    def get_extra_state(self):
        return {"epoch": 3}

    def set_extra_state(self, state):
        pass

    def forward(self, images):
        return self.inner(images)


class OwnError(Around):
    def forward(self, images):
        raise ValueError("images must be of 224x224")


class NeedsLabels(Around):
    def forward(self, images, labels):
        return self.inner(images)


class NoForward(nn.Module):
    def __init__(self, shape, outputs):
        super().__init__()
        self.layer = nn.Linear(64, outputs)


class TokensExpected(nn.Module):
    def __init__(self, shape, outputs):
        super().__init__()
        self.tokens, self.head = nn.Embedding(10, 8), nn.Linear(8, outputs)

    def forward(self, images):
        return self.head(self.tokens(images).mean(1))


class Recurrent(nn.Module):
    def __init__(self, shape, outputs):
        super().__init__()
        self.cells, self.head = nn.LSTM(8, 16, batch_first=True), nn.Linear(16, outputs)

    def forward(self, images):
        return self.head(self.cells(images)[0][:, -1])


def instance_normed_to_a_point(shape, outputs):
    return nn.Sequential(nn.Conv2d(shape[0], 4, 8), nn.InstanceNorm2d(4), nn.Flatten(), nn.Linear(4, outputs))


class FailsInTraining(Around):
    def forward(self, images):
        if self.training:
            raise RuntimeError("no teacher was set")
        return self.inner(images)


def two_precisions(shape, outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.Linear(32, outputs).double())


class InPlace(Around):
    def forward(self, images):
        hidden = self.inner[1](self.inner[0](images)).sigmoid()
        shifted = hidden.exp()
        hidden += 1
        return self.inner[3](hidden.sigmoid() * hidden) + shifted.sum(1, keepdim=True) * hidden.add_(1).sum()


def quantised(shape, outputs):
    model = sequence(shape, outputs)
    model.register_buffer("scale", torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8))
    return model


def other_arguments(width):
    return nn.Linear(width, 10)


def no_module(shape, outputs):
    return "mlp"


def batch_normed(shape, outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.BatchNorm1d(32), nn.Linear(32, outputs))


class Counting(Around):
    """A buffer that counts what it has seen."""

    def __init__(self, shape, outputs):
        super().__init__(shape, outputs)
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, images):
        self.seen += images.sum()
        return self.inner(images)


def forgets_to_train(model, records, generator):
    pass


def makes_a_new_model(model, records, generator):
    return sequence((1, 8, 8), 10)


def fills_with_nan(model, records, generator):
    for parameter in model.parameters():
        nn.init.constant_(parameter, torch.nan)


def other_training_arguments(model):
    pass


not_a_function = 3

LOGITS = Signal("logits", lambda view: view.logits.max(-1).values.numpy())
OF_ANOTHER_SHAPE = Signal("shape", lambda view: view.losses.T)


def numbers():
    """Rows of a table with a number to foretell."""
    rows = torch.randn(400, 5, generator=torch.Generator().manual_seed(0))
    return DataSplit(*(Records((part,), part.sum(1), regression()) for part in (rows[:300], rows[300:])))


def too_few_records():
    digits = load_data("digits")
    return DataSplit(digits.train.part(0, 10), digits.test)


def infinite_records():
    digits = load_data("digits")
    return DataSplit(Records((digits.train.inputs[0] / 0,), digits.train.targets, classification(10)), digits.test)


def targets_out_of_range():
    digits = load_data("digits")
    return DataSplit(Records(digits.train.inputs, digits.train.targets + 5, classification(10)), digits.test)


def unequal_numbers():
    digits = load_data("digits")
    return DataSplit(Records(digits.train.inputs, digits.train.targets[:-1], classification(10)), digits.test)


def other_test_records():
    digits = load_data("digits")
    return DataSplit(digits.train, Records((digits.test.inputs[0][..., :4],), digits.test.targets, classification(10)))


def no_split():
    return load_data("digits").train


class MoreInTraining(Around):
    """As GoogLeNet does with its auxiliary classifiers."""

    def forward(self, images):
        return (self.inner(images), self.inner(images)) if self.training else self.inner(images)


def _release(change, nbytes=100):
    return Release("own", lambda update, _: Released(change(update), nbytes), NonPrivateDpEvent(), "for the test")


def doubles():
    return _release(lambda update: {name: tensor.double() for name, tensor in update.items()})


def as_arrays():
    return _release(lambda update: {name: tensor.numpy() for name, tensor in update.items()})


def spoils():
    return _release(lambda update: {name: tensor / 0 for name, tensor in update.items()})


def sends_nothing():
    return _release(dict, nbytes=0)


def update_alone():
    return Release("own", lambda update, _: update, NonPrivateDpEvent(), "for the test")


def accounts_for_nothing():
    return Release("own", lambda update, _: update, UnsupportedDpEvent(), "for the test")


def changes_precision(model, records, generator):
    model.double()


def loses_a_bias(model, records, generator):
    model[-1].bias = None


def claims_what_nobody_knows(model, records, generator):
    pass


claims_what_nobody_knows.event, claims_what_nobody_knows.reason = UnsupportedDpEvent(), "for the test"

WEIGHTS = torch.ones(10)
WEIGHTED = replace(
    classification(10), name="weighted", loss=lambda *given: cross_entropy(*given, WEIGHTS, reduction="none")
)


def sparse(shape, outputs):
    return nn.Sequential(nn.Embedding(outputs, 8, sparse=True), nn.Flatten(), nn.Linear(512, outputs))
