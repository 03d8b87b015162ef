"""What a base model can be trained for is known before the start, for every kind that transformers has."""

import json
from dataclasses import replace

import pytest

from tests.tools.tiny_models import sentences, write_csv
from tools.errors import Unsupported
from tools.finetune import families
from tools.finetune.plan import make_plan
from tools.finetune.spec import FinetuneSpec


@pytest.mark.parametrize("table", families.TABLES.values())
def test_the_tables_are_those_of_transformers(table):
    from transformers.models.auto import modeling_auto

    assert families.kinds(table) == set(getattr(modeling_auto, f"MODEL_FOR_{table}_MAPPING_NAMES"))


@pytest.mark.parametrize(
    ("task", "kind", "method", "fits"),
    [
        ("masked-lm", "bert", "full", True),
        ("masked-lm", "olmo2", "full", False),
        ("text-generation", "olmo2", "full", True),
        ("text-generation", "qwen3_moe", "lora", True),
        ("text-generation", "roberta", "full", False),
        ("text-generation", "gemma3", "full", False),
        ("text-classification", "qwen3", "full", True),
        ("text-classification", "granite", "full", False),
        ("text-classification", "granite", "head", True),
        ("text-classification", "mamba", "auto", True),
        ("token-classification", "granite", "full", False),
        ("embedding", "granite", "full", True),
        ("embedding", "t5", "full", False),
        ("embedding", "wav2vec2", "full", False),
        ("text-classification", "never_heard_of", "head", False),
    ],
)
def test_a_base_of_another_task_is_refused_by_the_plan(tmp_path, task, kind, method, fits):
    base = tmp_path / "base"
    base.mkdir()
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "vocab_size": 1000}
    (base / "config.json").write_text(json.dumps({"model_type": kind} | sizes))
    if task == "token-classification":
        data = tmp_path / "data.jsonl"
        rows = [{"tokens": text.split(), "tags": ["B-X", *["O"] * 5]} for text, _ in sentences()]
        data.write_text("\n".join(map(json.dumps, rows)))
        columns = {}
    else:
        data, columns = (
            write_csv(tmp_path / "data.csv", sentences()),
            {"text_column": "text", "label_column": "label"},
        )
    spec = FinetuneSpec(data, "m", kind, base, task, method, **columns)
    if fits:
        plan = make_plan(spec)
        assert plan["task"] == task
        if method == "auto":
            assert plan["method"] == "head" and kind in plan["why"]
            with pytest.raises(Unsupported, match="cannot be trained"):
                make_plan(replace(spec, search=5))
        return
    with pytest.raises(Unsupported, match=f"{kind}.*cannot be trained for {task}") as refused:
        make_plan(spec)
    frozen = task == "text-classification" and kind == "granite"
    assert ("method head" in refused.value.hint) == frozen
