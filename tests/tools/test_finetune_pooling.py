"""Vectors are made as the base makes them: of all tokens, the first, or the last one."""

import json
import time

import numpy
import pytest

from tests.tools.tiny_models import sentences, tiny_bert, tokenizer, write_csv
from tools.errors import Unsupported
from tools.finetune.plan import make_plan
from tools.finetune.pooling import FIRST, LAST, MEAN, pool, pooling_of, write_pooling
from tools.finetune.run import train
from tools.finetune.spec import FinetuneSpec
from tools.serving.predictor import load

pytestmark = pytest.mark.usefixtures("one_thread")
TEXTS = ["where is my card", "the refund is late today please"]


def _told(folder, told):
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(told))
    return folder


@pytest.mark.parametrize(
    ("told", "pooling"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, FIRST),
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, MEAN),
        ({"pooling_mode_lasttoken": True}, LAST),
        ({"pooling_mode": "cls"}, FIRST),
        ({"pooling_mode": ["mean"]}, MEAN),
        ({"word_embedding_dimension": 8}, MEAN),
        (["cls"], MEAN),
        ("cls", MEAN),
    ],
)
def test_a_folder_says_how_its_vectors_are_made(tmp_path, told, pooling):
    assert pooling_of(_told(tmp_path, told)) == pooling
    assert pooling_of(tmp_path / "nowhere") == MEAN


@pytest.mark.parametrize(
    "told", [{"pooling_mode_max_tokens": True}, {"pooling_mode": "max"}, {"pooling_mode": ["cls", "mean"]}]
)
def test_other_ways_are_refused_before_the_start(tmp_path, told):
    base = _told(tiny_bert(tmp_path / "base"), told)
    data = write_csv(tmp_path / "data.csv", sentences())
    with pytest.raises(Unsupported, match="makes its vectors by"):
        make_plan(FinetuneSpec(data, "m", "base", base, task="embedding"))
    assert make_plan(FinetuneSpec(data, "m", "base", base))["task"] == "text-classification"


def test_padding_has_no_part_in_a_vector():
    import torch

    hidden, mask = torch.randn(1, 3, 4), torch.ones(1, 3, dtype=torch.int64)
    longer = torch.cat([hidden, torch.randn(1, 2, 4)], dim=1), torch.tensor([[1, 1, 1, 0, 0]])
    for pooling in (MEAN, FIRST, LAST):
        assert torch.allclose(pool(hidden, mask, pooling), pool(*longer, pooling))
    assert torch.allclose(pool(*longer, LAST), torch.nn.functional.normalize(hidden[:, 2], dim=-1))


def test_batches_are_padded_on_the_right_whatever_the_tokenizer_does_elsewhere():
    from tools.finetune.contrastive import _Collate

    words = tokenizer()
    words.padding_side = "left"
    rows = [{"input_ids": [5, 6, 7], "partner": [8], "group": n} for n in range(2)]
    batch = _Collate(words)(rows)
    assert batch["first"]["input_ids"][0, :3].tolist() == [5, 6, 7]
    assert batch["second"]["attention_mask"].sum(1).tolist() == [1, 1]
    assert batch["second"]["attention_mask"][:, 0].tolist() == [1, 1]
    assert words.padding_side == "left"


def test_a_model_keeps_the_way_of_its_base_and_sentence_transformers_agrees(tmp_path):
    from sentence_transformers import SentenceTransformer

    base = tiny_bert(tmp_path / "base")
    write_pooling(base, FIRST, 32)
    data = write_csv(tmp_path / "data.csv", sentences())
    spec = FinetuneSpec(data, "m", "base", base, task="embedding", epochs=1)
    result = train(spec, tmp_path / "m", tmp_path / "work", lambda _: None)
    assert pooling_of(tmp_path / "m") == FIRST
    ours = load(tmp_path / "m", "cpu").here.model.embed(TEXTS)
    theirs = SentenceTransformer(str(tmp_path / "m"), device="cpu").encode(TEXTS)
    assert ours == pytest.approx(theirs, abs=0.02)  # bf16 here, fp32 there
    found = json.loads((tmp_path / "m" / "evaluation.json").read_text())["intervals"]
    for name in ("accuracy@1", "accuracy@5", "mrr"):
        low, high = found[name]
        assert 0 <= low <= result["metrics"][name] <= high <= 1


def test_a_run_that_an_earlier_program_began_ends_with_the_mean(tmp_path):
    from tools.finetune.pooling import pooling_in

    write_pooling(tmp_path, FIRST, 8)
    assert pooling_in({"own_pooling": True}, tmp_path) == FIRST
    assert pooling_in({}, tmp_path) == MEAN


class _Random:
    """Gives each text a vector of its own."""

    def embed(self, texts, told=None):
        dice = numpy.random.default_rng(len(texts))
        known = {text: dice.normal(size=16) for text in dict.fromkeys(texts)}
        return numpy.array([known[text] for text in texts], dtype=numpy.float32)


def test_partners_are_found_in_the_same_places_block_by_block():
    from tools.finetune.retrieval import TOGETHER, retrieval, searched

    dice = numpy.random.default_rng(3)
    rows = [(f"a{dice.integers(300)}", f"b{dice.integers(300)}", f"g{dice.integers(90)}") for _ in range(900)]
    rows += [("b1", "b2", "g1"), ("b2", "b1", "g1"), ("same", "same", "g2")]
    assert len(rows) > TOGETHER
    kept = [row for row in rows if row[0] != row[1]]
    first, second = (_Random().embed([row[side] for row in kept]) for side in (0, 1))
    wanted = []
    for (text, _, group), vector in zip(kept, first, strict=True):
        scores = second @ vector
        usable = numpy.array([row[1] != text for row in kept])
        right = numpy.array([row[2] == group for row in kept]) & usable
        wanted.append(1 + int((scores[~right & usable] > scores[right].max()).sum()))
    found = searched(_Random(), rows).places
    assert found.tolist() == wanted
    assert retrieval(found)["rows"] == len(kept)


def test_partners_of_many_rows_are_drawn_at_once():
    from tools.finetune.contrastive import partners

    rows = [(f"text {number}", "ab"[number % 2]) for number in range(60_000)]
    began = time.monotonic()
    found = partners(rows + [("text 0", "a")] * 3, 1)
    assert time.monotonic() - began < 5  # quadratic, it took 40
    assert len(found) == len(rows) + 3 and all(one != other for one, other, _ in found)
    label = dict(rows)
    assert all(label[one] == label[other] == group for one, other, group in found)
    seen = {other for _, other, _ in found}
    assert len(seen) > 30_000  # any may be drawn
    assert partners([("same", "a")] * 5, 1) == []
