"""A Flower federation without a network: real messages, passed through Flower's own serialization, to a real app."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import torch
from flwr.app import ArrayRecord, ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.clientapp.typing import Mod
from flwr.common.serde import message_from_proto, message_to_proto
from flwr.serverapp import Grid
from flwr.supercore.task_identity import TaskIdentity
from torch import Tensor, nn

NODES = (11, 12, 13, 14)

# Messages name the task that makes them, and outside a run there is none.
TaskIdentity.task_id = TaskIdentity.run_id = TaskIdentity.node_id = 1

State = dict[str, Tensor]


def net() -> nn.Module:
    """A model with one tensor that is lossy, small ones, and BatchNorm's buffers, an integer among them."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 10))


def step(state: State, node: int, number: int) -> State:
    """Stand in for a training: a random step, other for each node, round and tensor, and seven more batches counted."""
    return {name: _moved(tensor, (place, number, node)) for place, (name, tensor) in enumerate(state.items())}


def _moved(tensor: Tensor, path: tuple[int, ...]) -> Tensor:
    if not tensor.is_floating_point():
        return tensor + 7
    noise = np.random.default_rng(path).normal(scale=0.01, size=tensor.shape)
    return tensor + torch.as_tensor(noise, dtype=tensor.dtype)


def named(message: Message) -> State:
    """Read arrays as an app with a PyTorch model does."""
    return message.content["arrays"].to_torch_state_dict()


def app(mods: list[Mod], change: Callable[[State, int, int], State] = step, numbered: bool = False) -> ClientApp:
    """Return an app that returns a changed state, by its names, or as a list of arrays, which Flower numbers."""
    made = ClientApp()

    @made.train(mods=mods)
    def train(message: Message, context: Context) -> Message:
        number = message.content["config"]["server-round"]
        after = change(named(message), context.node_id, number)
        # bfloat16 and the like have no place in NumPy, nor in Flower.
        arrays = ArrayRecord([each.numpy() for each in after.values()]) if numbered else ArrayRecord(after)
        metrics = MetricRecord({"num-examples": context.node_id, "loss": 0.5})
        return Message(RecordDict({"arrays": arrays, "metrics": metrics}), reply_to=message)

    @made.evaluate()
    def evaluate(message: Message, _: Context) -> Message:
        return Message(RecordDict({"metrics": MetricRecord({"num-examples": 1, "loss": 0.25})}), reply_to=message)

    return made


class NoNetwork(Grid):
    """Runs an app for every message, and gives some replies to others to spoil."""

    def __init__(self, client: ClientApp, spoil: Mapping[int, Callable[[Message], Message]] | None = None) -> None:
        self.client, self.spoil, self.replies = client, spoil or {}, []

    def send_and_receive(self, messages: Iterable[Message], **_: float | None) -> list[Message]:
        self.replies = [self._reply(travelled(message)) for message in messages]
        return self.replies

    def _reply(self, message: Message) -> Message:
        node = message.metadata.dst_node_id
        context = Context(1, node, {"partition-id": node - NODES[0]}, RecordDict(), {})
        reply = travelled(self.client(message, context))
        return self.spoil[node](reply) if node in self.spoil and "train" in message.metadata.message_type else reply

    def get_node_ids(self) -> list[int]:
        return list(NODES)

    def set_run(self, run: object) -> None:
        raise NotImplementedError

    run = property(set_run)
    create_message = push_messages = pull_messages = set_run


def travelled(message: Message) -> Message:
    """Return a message as it comes out of Flower's serialization."""
    return message_from_proto(message_to_proto(message))


def sent(node: int, state: State, number: int = 1) -> Message:
    """Return a message as FedAvg sends it."""
    records = {"arrays": ArrayRecord(state), "config": ConfigRecord({"server-round": number})}
    return Message(RecordDict(records), dst_node_id=node, message_type="train")
