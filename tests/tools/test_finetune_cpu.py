"""Training on a processor: dropout from bytes, attention in plain products, lengths in steps."""

import pytest
import torch
from torch import nn
from transformers import BertConfig, BertModel, LlamaConfig, LlamaForCausalLM

from tools.finetune.cpu import Dropout, attend, drop, fast
from tools.finetune.machine import PAD_TO
from tools.finetune.parted import _keeps


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5])
def test_drop_zeroes_the_share_and_keeps_the_mean(share):
    torch.manual_seed(0)
    dropped = drop(torch.ones(1001, 999), share)
    assert float((dropped == 0).float().mean()) == pytest.approx(share, abs=0.003)
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.003)


def test_drop_sends_gradients_where_it_let_numbers_through():
    torch.manual_seed(0)
    values = torch.randn(7, 5, requires_grad=True)
    dropped = drop(values, 0.5)
    dropped.sum().backward()
    assert torch.equal(values.grad == 0, dropped == 0)
    assert torch.allclose(values.grad[dropped != 0], torch.tensor(2.0))


def test_drop_is_repeatable():
    torch.manual_seed(3)
    first = drop(torch.ones(100), 0.1)
    torch.manual_seed(3)
    assert torch.equal(first, drop(torch.ones(100), 0.1))


@pytest.mark.parametrize(("share", "left"), [(0.0, 1.0), (0.0001, 1.0), (1.0, 0.0)])
def test_drop_at_the_ends(share, left):
    assert float(drop(torch.ones(1000), share).mean()) == pytest.approx(left, abs=0.01)


SIZES = {
    "vocab_size": 50,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 32,
}


def _bert() -> BertModel:
    return BertModel(BertConfig(**SIZES, num_attention_heads=2))


def _llama() -> LlamaForCausalLM:
    return LlamaForCausalLM(LlamaConfig(**SIZES, num_attention_heads=4, num_key_value_heads=2))


@pytest.mark.parametrize("build", [_bert, _llama])
def test_the_quick_way_computes_the_same(build):
    torch.manual_seed(0)
    model = build().eval()
    ids = torch.randint(0, 50, (3, 9))
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    before = model(input_ids=ids, attention_mask=mask)[0]
    with fast(model):
        assert model.config._attn_implementation != "sdpa"
        during = model(input_ids=ids, attention_mask=mask)[0]
    assert torch.allclose(before[mask == 1], during[mask == 1], atol=1e-5)
    assert model.config._attn_implementation == "sdpa"


def test_layers_come_back_as_they_were():
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.3), nn.Sequential(nn.Dropout(0.2)))
    layers = model[1], model[2][0]
    with fast(model):
        assert [type(each) for each in (model[1], model[2][0])] == [Dropout, Dropout]
        assert model[1].p == 0.3
        model.eval()
    assert (model[1], model[2][0]) == layers
    assert not model[1].training


def test_attention_gradients_are_those_of_torch():
    torch.manual_seed(0)
    inputs = [torch.randn(2, 2, 5, 4, requires_grad=True) for _ in range(3)]
    ours = attend(nn.Identity().eval(), *inputs, None)[0].transpose(1, 2)
    theirs = nn.functional.scaled_dot_product_attention(*inputs)
    weights = torch.randn_like(ours)
    found = [torch.autograd.grad((out * weights).sum(), inputs) for out in (ours, theirs)]
    for one, other in zip(*found, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_batches_of_conversations_have_lengths_in_steps():
    from tools.finetune.conversations import Collate

    batch = Collate(0)([{"input_ids": [1] * 9, "labels": [1] * 9}, {"input_ids": [1], "labels": [1]}])
    assert batch["input_ids"].shape == (2, 2 * PAD_TO)
    assert batch["labels"][0, 9:].eq(-100).all()


def test_batches_of_long_rows_add_up_to_the_same_gradients(tmp_path, monkeypatch):
    from transformers import BertForSequenceClassification, TrainingArguments

    from tools.finetune import parted

    config = _bert().config
    config.num_labels = 3
    model = BertForSequenceClassification(config).eval()
    arguments = TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to="none")
    trainer = parted.PartedTrainer(model, arguments)
    trainer.current_gradient_accumulation_steps = 1
    torch.manual_seed(0)
    batch = {"input_ids": torch.randint(0, 50, (7, 9)), "labels": torch.randint(0, 3, (7,))}
    found = []
    for most in (10_000, 20):
        monkeypatch.setattr(parted, "MOST_TOKENS", most)
        model.zero_grad()
        model.train = lambda *_: model  # without dropout, which would differ
        loss = trainer.training_step(model, dict(batch))
        found.append((loss, [p.grad.clone() for p in model.parameters() if p.grad is not None]))
    assert len(trainer._parts(batch)) == 4
    assert torch.allclose(found[0][0], found[1][0], atol=1e-6)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(found[0][1], found[1][1], strict=True))


@pytest.mark.parametrize("padding", [False, True])
def test_parts_of_conversations_add_up_to_the_same_gradients(tmp_path, monkeypatch, padding):
    from transformers import TrainingArguments

    from tools.finetune import parted

    model = _llama()
    arguments = TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to="none")
    trainer = parted.TokenPartedTrainer(model, arguments)
    trainer.current_gradient_accumulation_steps = 1
    torch.manual_seed(0)
    ids = torch.randint(0, 50, (5, 9))
    labels = ids.masked_fill(torch.rand(5, 9) < 0.5, -100)  # as many answers in no two rows
    labels[:, :4] = -100  # the prompts
    batch = {"input_ids": ids, "labels": labels}
    if padding:  # as a GPU has it, where rows are packed then
        monkeypatch.setattr(parted, "packs", lambda _: True)
        mask = torch.tensor([[1] * length + [0] * (9 - length) for length in (9, 6, 9, 5, 7)])
        labels[mask == 0] = -100
        labels[1, 0] = ids[1, 0]  # an answer that nothing comes before: not learned
        batch["attention_mask"] = mask
    found = []
    for most, keeps in ((10_000, False), (10_000, True), (20, True)):
        monkeypatch.setattr(parted, "MOST_TOKENS", most)
        monkeypatch.setattr(parted, "_keeps", (lambda _: False) if not keeps else _keeps)
        model.zero_grad()
        count = (labels[:, 1:] != -100).sum()
        loss = trainer.training_step(model, batch, count)
        found.append((loss, [p.grad.clone() for p in model.parameters()]))
    assert _keeps(model)
    for other in found[1:]:
        assert torch.allclose(found[0][0], other[0], atol=1e-6)
        assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(found[0][1], other[1], strict=True))


def test_short_rows_are_packed_side_by_side():
    from tools.finetune.packing import packed, packs, together

    assert not packs(_llama())  # here
    assert packs(_llama().to("meta")) and not packs(_bert().to("meta"))
    assert together([7, 3, 12, 1, 5], 12) == [[2], [0, 4], [1, 3]]
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    found = packed(
        {"input_ids": torch.tensor([[5, 6, 0], [7, 8, 9]]), "attention_mask": mask, "labels": mask}
    )
    assert found["input_ids"].tolist() == [[7, 8, 9, 5, 6]]
    assert found["position_ids"].tolist() == [[0, 1, 2, 0, 1]]
    assert found["labels"].tolist() == [[-100, 1, 1, -100, 1]]
