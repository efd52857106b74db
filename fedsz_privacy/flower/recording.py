"""Rounds of a Flower app, kept as a recording."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.federation import Recorder
from fedsz_privacy.flower.replies import Broadcast, Reply

LONGEST_NAME = 64


@dataclass(frozen=True)
class RoundRecorder:
    """Keeps what a server sent in a round, and where each client's reply leads from there."""

    recorder: Recorder

    @classmethod
    def begin(cls, folder: Path | str | None, about: Mapping[str, Any]) -> Self | None:
        """Return a recorder of a folder, or None without one.

        Raises
        ------
        InputError
            If a folder comes without a model and data, they come without a folder, or no recording can begin there.
        """
        if folder is None:
            if about:
                raise InputError(f"{next(iter(about))} says something of a recording: give record=, its folder")
            return None
        if missing := {"model", "data"} - about.keys():
            raise InputError(
                f"record={str(folder)!r} comes without {min(missing)}: give model= and data=, which an audit loads"
            )
        return cls(Recorder(folder, **about))

    def require_recordable(self, number: int, sent: Sequence[Broadcast]) -> None:
        """Raise InputError unless all clients of a round are sent one state, whose tensors have a model's names."""
        if len({id(each) for each in sent}) > 1:
            raise InputError(f"round {number} sends clients different parameters: a recording keeps one state a round")
        if sent and all(name.isdecimal() for name in sent[0].state):
            raise InputError(
                "arrays are numbered, and a recording keeps the names of a model's tensors: "
                "start from ArrayRecord(model.state_dict())"
            )

    def record(self, number: int, replies: Sequence[Reply]) -> None:
        """Keep a round: clients by the names that they give themselves, or by their nodes.

        Raises
        ------
        InputError
            If the round cannot be written.
        """
        before = replies[0].sent
        names = Counter(reply.client for reply in replies)
        self.recorder.record(number, before.state, {_name(reply, names): reply.state for reply in replies})


def _name(reply: Reply, names: Mapping[str, int]) -> str:
    """Return a client's name, or its node's if the name is no short line or taken by two."""
    name = reply.client
    sound = 0 < len(name) <= LONGEST_NAME and name.isprintable() and names[name] == 1
    return name if sound else f"node {reply.message.metadata.src_node_id}"
