import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call, vmap

from fedsz_privacy.core.state import stack, stack_of_one, unstack
from fedsz_privacy.data import Records, next_token
from fedsz_privacy.models.catalogue import SEQUENCE_MODELS
from fedsz_privacy.models.sequences import Block, transformer
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.evaluation import measure

LENGTH, VOCABULARY = 9, 7


def build(name, seed=0):
    torch.manual_seed(seed)
    return SEQUENCE_MODELS[name]((LENGTH,), VOCABULARY)


def draw_tokens(records):
    return torch.randint(VOCABULARY, (records, LENGTH), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", SEQUENCE_MODELS)
@pytest.mark.parametrize("place", range(LENGTH))
def test_a_later_token_changes_no_earlier_output_and_its_own_does(name, place):
    model, tokens = build(name), draw_tokens(5)
    changed = tokens.clone()
    changed[:, place] = (changed[:, place] + 1) % VOCABULARY
    before, after = model(tokens), model(changed)
    assert torch.equal(before[:, :place], after[:, :place])
    assert (before[:, place:] != after[:, place:]).any(-1).all()


@pytest.mark.parametrize("name", SEQUENCE_MODELS)
def test_no_record_changes_the_outputs_of_another(name):
    model, tokens = build(name), draw_tokens(5)
    assert torch.allclose(model(tokens)[:1], model(tokens[:1]), atol=1e-6)


@pytest.mark.parametrize("name", SEQUENCE_MODELS)
def test_shorter_sequences_give_the_same_as_the_first_part_of_longer_ones(name):
    model, tokens = build(name), draw_tokens(5)
    assert torch.allclose(model(tokens)[:, :4], model(tokens[:, :4]), atol=1e-6)


def test_attention_is_that_of_pytorch():
    """PyTorch's own multi-head attention, given the same weights and a causal mask."""
    torch.manual_seed(0)
    block, hidden = Block(16, 4, 0.0), torch.randn(3, LENGTH, 16)
    theirs = nn.MultiheadAttention(16, 4, batch_first=True)
    theirs.load_state_dict(
        {
            "in_proj_weight": block.attention_in.weight,
            "in_proj_bias": block.attention_in.bias,
            "out_proj.weight": block.attention_out.weight,
            "out_proj.bias": block.attention_out.bias,
        }
    )
    mask = nn.Transformer.generate_square_subsequent_mask(LENGTH)
    expected, _ = theirs(hidden, hidden, hidden, attn_mask=mask)
    assert torch.allclose(block.attend(hidden), expected, atol=1e-6)


def test_many_transformers_compute_at_once_what_they_compute_alone():
    models, tokens = [build("transformer", seed) for seed in (0, 1)], draw_tokens(5)
    states = stack([{name: tensor.detach() for name, tensor in model.state_dict().items()} for model in models])
    at_once = vmap(lambda state: functional_call(models[0], state, (tokens,)))(states)
    for found, model in zip(at_once, models, strict=True):
        assert torch.allclose(found, model(tokens), atol=1e-5)


def test_dropout_is_only_there_if_asked_for():
    assert not any(isinstance(layer, nn.Dropout) for layer in build("transformer").modules())
    model, tokens = transformer((LENGTH,), VOCABULARY, dropout=0.5), draw_tokens(5)
    assert not torch.equal(model(tokens), model(tokens))
    model.eval()
    assert torch.equal(model(tokens), model(tokens))


@pytest.mark.parametrize("name", SEQUENCE_MODELS)
def test_a_sequence_model_learns_to_count(name, rng):
    """Each token is one more than that before it, so all but the first can be foretold; chance is 1 in 7."""
    tokens = (torch.arange(70)[:, None] + torch.arange(LENGTH + 1)) % VOCABULARY
    records = Records((tokens[:, :-1],), tokens[:, 1:], next_token(VOCABULARY))
    training = Training(epochs=20, batch_size=10, learning_rate=0.05)
    model = build(name)
    batches = training.draw(np.ones((1, 70), bool), [rng])
    trained = training.train_many(model, Clients(stack_of_one(model.state_dict()), records, batches, [rng]))
    assert float(measure(model, trained, records)) > 0.9
    assert unstack(trained, 0).keys() == model.state_dict().keys()
