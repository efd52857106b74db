"""Records of every shape that the zoo's models take, a few of each."""

import torch

from fedsz_privacy.data.records import Records
from fedsz_privacy.data.tasks import IGNORED, Task, binary, classification, next_token, regression

COUNT = 24

VOCABULARY = 11


def _draw(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _classes(count: int, seed: int) -> torch.Tensor:
    return torch.randint(count, (COUNT,), generator=_draw(seed))


def images(channels: int = 1) -> Records:
    return Records((torch.randn(COUNT, channels, 8, 8, generator=_draw(1)),), _classes(3, 2), classification(3))


def rows(task: Task | None = None) -> Records:
    return Records((torch.randn(COUNT, 6, generator=_draw(3)),), _classes(3, 4), task or classification(3))


def sequences() -> Records:
    return Records((torch.randn(COUNT, 5, 6, generator=_draw(5)),), _classes(3, 6), classification(3))


def yes_or_no() -> Records:
    return Records((torch.randn(COUNT, 6, generator=_draw(7)),), _classes(2, 8), binary())


def measurements() -> Records:
    return Records(
        (torch.randn(COUNT, 6, generator=_draw(9)),), torch.randn(COUNT, 2, generator=_draw(10)), regression(2)
    )


def tokens() -> Records:
    words = torch.randint(VOCABULARY, (COUNT, 6), generator=_draw(11))
    return Records((words,), _classes(3, 12), classification(3))


def sentences() -> Records:
    """Next tokens, some of which are no tokens."""
    words = torch.randint(VOCABULARY, (COUNT, 7), generator=_draw(13))
    targets = words[:, 1:].clone()
    targets[::3, -2:] = IGNORED
    return Records((words[:, :-1],), targets, next_token(VOCABULARY))


def pairs() -> Records:
    """Two inputs a record: a row of numbers and a category."""
    return Records(
        (torch.randn(COUNT, 6, generator=_draw(14)), torch.randint(4, (COUNT,), generator=_draw(15))),
        _classes(3, 16),
        classification(3),
    )
