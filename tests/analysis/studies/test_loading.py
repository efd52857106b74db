"""The records and the model of a question, whichever study asks it."""

import pytest
import torch
from torch.nn.functional import interpolate

from analysis.studies.audit.prepare import load as load_audit
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.clients.prepare import load as load_clients
from analysis.studies.clients.spec import ClientsSpec
from analysis.studies.federation.prepare import prepare
from analysis.studies.federation.spec import FederationSpec
from fedsz_privacy import InputError

AUDIT = {"candidates": 20, "clients": 2, "rounds": 1}
LOADED = {
    "audit": lambda **asked: load_audit(AuditSpec(**AUDIT, **asked))[0],
    "audit-clients": lambda **asked: load_clients(ClientsSpec(clients=5, client_records=5, **asked))[0],
    "federate": lambda **asked: prepare(FederationSpec(records=20, **asked)).split,
}


@pytest.mark.parametrize("command", LOADED)
def test_every_study_scales_images_to_the_side_that_is_asked_for(command):
    as_they_are, scaled = LOADED[command](model="mlp"), LOADED[command](model="mlp", side=12)
    for part in ("train", "test"):
        (before,), (after,) = getattr(as_they_are, part).inputs, getattr(scaled, part).inputs
        assert torch.equal(after, interpolate(before, size=(12, 12), mode="bilinear", antialias=True))


@pytest.mark.parametrize("command", LOADED)
def test_a_table_has_no_side(command):
    with pytest.raises(InputError, match="are no images, leave it at 0"):
        LOADED[command](data="breast-cancer", model="mlp", side=12)


def test_a_model_that_takes_no_small_images_can_be_audited_with_a_side():
    with pytest.raises(InputError, match="mobilenetv2 needs images of 32x32, not 8x8: scale them, by --side"):
        LOADED["audit"](model="mobilenetv2")
    assert LOADED["audit"](model="mobilenetv2", side=32).train.shape == (1, 32, 32)
