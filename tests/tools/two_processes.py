"""What torchrun starts twice in ``test_finetune_ranks``: the trainings of a file, one after another, as one group.

``python -m torch.distributed.run --standalone --nproc-per-node 2 tests/tools/two_processes.py cases.json``
"""

import contextlib
import json
import sys
from pathlib import Path


def main(cases: Path) -> None:
    import torch

    from tools.finetune import ranks, search
    from tools.finetune.run import train
    from tools.finetune.spec import FinetuneSpec

    torch.set_num_threads(1)
    search.MOST = 2
    for name, spec in json.loads(cases.read_text()).items():
        folder, told = cases.parent / name, []
        result = train(FinetuneSpec.from_dict(spec), folder / "model", folder / "work", told.append)
        note = {"world": ranks.world(), "result": result, "told": len(told)}
        (folder / f"process-{ranks.rank()}.json").write_text(json.dumps(note))
    shares(cases.parent / "shares", ranks.rank())


def shares(folder: Path, rank: int) -> None:
    """Note which rows this process reads in each step of a training in batches of like lengths."""
    from transformers import BertConfig, BertForSequenceClassification

    from tests.tools.tiny_models import tokenizer
    from tools.finetune.fit import Material, fit
    from tools.finetune.progress import Reporter
    from tools.finetune.ranks import Released
    from tools.finetune.spec import FinetuneSpec
    from tools.finetune.task import Run

    read: list[list[int]] = []
    words = tokenizer()
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    model = BertForSequenceClassification(BertConfig(vocab_size=len(words), num_labels=2, **sizes))
    rows = [{"input_ids": [2, *[5] * (1 + at % 7), 3], "labels": at % 2, "at": at} for at in range(48)]

    def collate(batch):
        read.append([row["at"] for row in batch])
        kept = [{key: row[key] for key in ("input_ids", "labels")} for row in batch]
        return words.pad(kept, return_tensors="pt")

    plan = {"task": "text-classification", "batch_size": 8, "epochs": 3, "learning_rate": 1e-3}
    run = Run(FinetuneSpec(folder, "x"), plan, "", folder, folder, Reporter(lambda _: None))
    folder.mkdir(exist_ok=True)
    with contextlib.suppress(Released):
        fit(run, Material(model, rows, [], collate))
    (folder / f"read-{rank}.json").write_text(json.dumps(read))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
