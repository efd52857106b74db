"""A small recording, made by `federate --record`, and an audit of it."""

import pytest

from analysis.studies.federation.run import run_federation
from analysis.studies.federation.spec import FederationSpec
from analysis.studies.recorded.run import run_recorded
from analysis.studies.recorded.spec import RecordedSpec

FEDERATION = FederationSpec(
    model="mlp", clients=3, records=90, test_records=50, rounds=2, epochs=4, learning_rate=0.2, seed=1
)


@pytest.fixture(scope="session")
def recording(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recording")
    run_federation(FEDERATION, folder / "run", record=folder / "kept")
    return folder / "kept"


@pytest.fixture(scope="session")
def audited(recording, tmp_path_factory):
    spec = RecordedSpec(recording=recording, defences=("fedsz:rel=3e-1",), seed=4)
    return run_recorded(spec, tmp_path_factory.mktemp("audited") / "run")
