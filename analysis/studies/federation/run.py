"""A federation under several releases: accuracy by round, bytes, and where the time goes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from analysis.reporting.folder import RunFolder, open_run
from analysis.reporting.progress import Progress, silent
from analysis.studies.claims import claimed
from analysis.studies.federation.link import Transfer, break_even
from analysis.studies.federation.spec import FederationSpec
from analysis.studies.questions import to_plain
from analysis.studies.spec import REFERENCE
from fedsz_privacy.core.files import write_atomically
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, stack_of_one, unstack
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.data.records import DataSplit, Records
from fedsz_privacy.federation.federation import Federation
from fedsz_privacy.federation.partition import parse_partition
from fedsz_privacy.federation.rounds import Round
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.evaluation import measure
from fedsz_privacy.training.fixing import fix


@dataclass(frozen=True)
class RoundRow:
    """What one round under one release came to; bytes and seconds are means over clients."""

    round: int
    performance: float
    nbytes: float
    training_seconds: float
    encode_seconds: float
    decode_seconds: float


@dataclass(frozen=True)
class FederationReport:
    """What a federation found: the rounds of each release, in the order of ``spec.defences``."""

    spec: FederationSpec
    rounds: Mapping[str, tuple[RoundRow, ...]]

    def transfer(self, release: str) -> Transfer:
        """Return a client's mean transfer under a release."""
        rows = self.rounds[release]
        seconds = [row.encode_seconds + row.decode_seconds for row in rows]
        return Transfer(float(np.mean([row.nbytes for row in rows])), float(np.mean(seconds)))

    def ratio(self, release: str) -> float:
        """Compression ratio against the undefended release."""
        return self.transfer(REFERENCE).nbytes / self.transfer(release).nbytes

    def change(self, defence: str) -> float:
        """Test performance after the last round, minus that of the undefended release."""
        return self.rounds[defence][-1].performance - self.rounds[REFERENCE][-1].performance

    def overhead(self, release: str) -> float:
        """Share of a client's round, training, encoding and decoding, that is not training."""
        compute = self.transfer(release).compute_seconds
        return compute / (compute + float(np.mean([row.training_seconds for row in self.rounds[release]])))

    def break_even(self, release: str) -> float:
        """Bandwidth in Mbit/s below which the release saves time."""
        return break_even(self.transfer(REFERENCE), self.transfer(release))


def run_federation(spec: FederationSpec, path: Path, progress: Progress = silent) -> tuple[FederationReport, RunFolder]:
    """Run a federation once for each release, or finish a run that was interrupted.

    Raises
    ------
    InputError
        If the data, the model or the folder do not fit the question. Nothing is written then.
    """
    split = _load(spec)
    model = build_model(spec.model, split.train, spec.seed)
    model = fix(model) if spec.fix_model else model
    rng = generator(spec.seed, Purpose.PARTITION)
    clients = parse_partition(spec.partition, split.train.targets.numpy(), spec.clients, rng)
    defences = spec.parse_defences(claimed(spec, model, split.train))
    folder = open_run(path, to_plain("federate", spec))
    rounds = {}
    for number, defence in enumerate(defences):
        name = defence.name
        federation = Federation(model, split.train, clients, defence.training, defence.release, spec.seed)
        rows = _continue(federation, split.test, spec.rounds, folder.path / "rounds" / f"{number}.safetensors")
        rounds[name] = tuple(progress(rows, description=name, total=spec.rounds))
    return FederationReport(spec, rounds), folder


def _load(spec: FederationSpec) -> DataSplit:
    split = load_data(spec.data, spec.records, spec.test_records, spec.seed)
    return DataSplit(split.train.resized(spec.side), split.test.resized(spec.side)) if spec.side else split


def _continue(federation: Federation, test: Records, rounds: int, path: Path) -> Iterator[RoundRow]:
    """Yield the rows of all rounds, those in the file first, and keep the file up to the last one."""
    rows, state = _read(path, dict(federation.model.state_dict()))
    yield from rows
    for played in islice(federation.rounds(stack_of_one(state), first=len(rows)), rounds - len(rows)):
        rows.append(_row(played, float(measure(federation.model, played.after, test))))
        path.parent.mkdir(exist_ok=True)
        kept = {name: tensor.contiguous() for name, tensor in unstack(played.after, 0).items()}
        write_atomically(path, save(kept, {"rows": json.dumps([asdict(row) for row in rows])}))
        yield rows[-1]


def _read(path: Path, initial: StateDict) -> tuple[list[RoundRow], StateDict]:
    """Return finished rounds and the global state after them; none and the initial one if the file is not whole."""
    try:
        with safe_open(path, "pt") as file:
            rows = [RoundRow(**row) for row in json.loads(file.metadata()["rows"])]
            return rows, {name: file.get_tensor(name) for name in initial}
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return [], initial


def _row(played: Round, performance: float) -> RoundRow:
    sent = [played.sent(client) for client in range(len(played.clients))]
    costs = np.array([(c.nbytes[0], c.training_seconds, c.encode_seconds, c.decode_seconds) for c in sent])
    return RoundRow(played.number, performance, *costs.mean(axis=0).tolist())
