"""What the round before saves: ratio by round of SZ3, of `auto`, and of both with memory, on recorded updates.

Every client's update of every round is framed by the whole pipeline, so small exact tensors count. What predicts it is
what that client had: the difference of the global states before the two rounds.

Run with: python benchmarks/round_memory.py RECORDING...; benchmarks/update_suite.sh makes recordings.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from time import process_time

from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.codec.compressors import SZ3, Auto
from fedsz_privacy.codec.last_round import LastRound
from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.core.state import StateDict, nbytes, subtract
from fedsz_privacy.federation.recording import open_recording

RELS = (1e-1, 1e-2, 1e-3)
COMPRESSORS = (SZ3(), Auto())


def updates_of(folder: Path) -> Iterator[tuple[int, LastRound | None, list[StateDict]]]:
    """Yield the number of each round, the round before it, and the clients' updates."""
    before: StateDict | None = None
    for each in open_recording(folder).rounds:
        state = each.before()
        last = LastRound(each.number - 1, subtract(state, before)) if before else None
        yield each.number, last, [each.update(client) for client in each.participants]
        before = state


def measure(fedsz: FedSZ, updates: list[StateDict], last: LastRound | None) -> tuple[int, float, float]:
    """Return the bytes of all frames, and seconds of processor time to encode and to decode; errors are compared."""
    start = process_time()
    frames = [fedsz.encode(update, last) for update in updates]
    middle = process_time()
    decoded = [fedsz.decode(frame, last) for frame in frames]
    end = process_time()
    for update, back in zip(updates, decoded, strict=True):
        bounds = fedsz.bounds(update)
        assert all(
            (back[name].double() - tensor.double()).abs().max() <= bounds.get(name, 0.0)
            for name, tensor in update.items()
        )
    return sum(map(len, frames)), middle - start, end - middle


def main(folders: list[Path]) -> None:
    """Print a table for each bound."""
    for rel in RELS:
        print(f"\nREL {rel:.0e}\n\n| update | round | sz3 | sz3, memory | auto | auto, memory | sz3 / auto, memory |")
        print("|---|---|---|---|---|---|---|")
        spent = {(each.name, memory): [0.0, 0.0, 0] for each in COMPRESSORS for memory in (False, True)}
        for folder in folders:
            for number, last, updates in updates_of(folder):
                raw = sum(map(nbytes, updates))
                sizes = []
                for compressor in COMPRESSORS:
                    for memory in (False, True):
                        fedsz = FedSZ(ErrorBound.rel(rel), compressor)
                        size, *seconds = measure(fedsz, updates, last if memory else None)
                        sizes.append(size)
                        if last:
                            total = spent[compressor.name, memory]
                            total[:] = [total[0] + seconds[0], total[1] + seconds[1], total[2] + raw]
                assert sizes[1] <= sizes[0]
                assert sizes[3] <= sizes[2]
                cells = " | ".join(f"{raw / size:.2f}" for size in sizes)
                print(f"| {folder.name} | {number + 1} | {cells} | {sizes[0] / sizes[3]:.2f} |", flush=True)
        rates = {key: [raw / seconds / 1e6 for seconds in both] for key, (*both, raw) in spent.items() if raw}
        for (name, memory), (encode, decode) in rates.items():
            print(f"{name}{', memory' if memory else ''}: {encode:.0f} MB/s to encode, {decode:.0f} to decode")


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])
