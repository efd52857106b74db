"""The model, the data, and how a client trains."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from fedsz_privacy.data import Records, load_data
from fedsz_privacy.federation.partition import even_clients


def net(shape: tuple[int, ...], outputs: int) -> nn.Module:
    """Return a small convolutional network with batch normalisation."""
    channels, height, width = shape
    return nn.Sequential(
        nn.Conv2d(channels, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16 * height * width, 32),
        nn.ReLU(),
        nn.Linear(32, outputs),
    )


def holders(clients: int) -> dict[str, list[int]]:
    """Return the places of the records that each client holds: the first 600, dealt out in turn."""
    return {str(client): row.nonzero()[0].tolist() for client, row in enumerate(even_clients(clients, 600))}


def records_of(client: int, clients: int) -> Records:
    """Return a client's own records; the digits are inside scikit-learn."""
    return load_data("digits").train.select(torch.tensor(holders(clients)[str(client)]))


def train(model: nn.Module, records: Records, epochs: int, learning_rate: float) -> None:
    """Train by SGD with momentum."""
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)
    model.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(records)).split(16):
            part = records.select(batch)
            optimizer.zero_grad()
            cross_entropy(model(*part.inputs), part.targets).backward()
            optimizer.step()


@torch.no_grad()
def accuracy(model: nn.Module, records: Records) -> float:
    """Return the share of records that a model names rightly."""
    return float((model.eval()(*records.inputs).argmax(dim=1) == records.targets).float().mean())
