"""Many fine-tuned models at once in one process: texts for fifty adapters, or twenty heads, in random order.

The adapters are copies of one (hard links, or the disk would be full), each with a place of its own in memory.
"""

import gc
import os
import random
import shutil
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.benchmarks import tickets
from tests.benchmarks.measure import rates, shuffled, sized
from tests.benchmarks.row import Row

CALLERS = 32
FEW, MANY = 25, 200  # adapters, on both sides of a limit that others have
BATCH = 16
ENGINE = "openvino" if find_spec("openvino") else "torch"
Item = tuple[int, str]  # which model is asked, and what


def run() -> Iterable[Row]:
    from tests.tools.trained import adapted, train_head
    from tools.models.embedded import minilm_folder

    home = tickets.folder() / "adapters"
    lora = adapted(home / "lora", minilm_folder(), seed=0, labels=8)
    head = train_head(home / "head")
    adapters = _copies(lora, home / "many", MANY)
    yield from _adapters(adapters)
    yield from _against_peft(adapters)
    yield from _heads(_copies(head, home / "heads", 20))


def _copies(folder: Path, where: Path, count: int) -> list[Path]:
    """Copies with notes of their own of what was found out about them, as after their deployment."""
    made = [where / str(number) for number in range(count)]
    _cache().get(folder)  # the note is written
    for each in made:
        shutil.copytree(folder, each, copy_function=os.link)
    return made


def _cache() -> Any:
    from tools.serving.cache import PredictorCache
    from tools.serving.predictor import load
    from tools.serving.sharing.bodies import Bodies

    bodies = Bodies(tickets.folder() / "engines")
    return PredictorCache(loader=lambda folder: load(folder, "cpu", ENGINE, bodies))


def _alone(folder: Path) -> Any:
    """A model with weights of its own, as it is served without sharing."""
    from tools.serving.predictor import load

    return load(folder, "cpu", ENGINE)


def _adapters(folders: Sequence[Path]) -> Iterable[Row]:
    cache = _cache()
    cache.get(folders[0])
    before, spent = _rss(), []
    for folder in folders[1:51]:
        began = time.perf_counter()
        cache.get(folder)
        spent.append(1000 * (time.perf_counter() - began))
    mine = (_rss() - before) / 50
    before, began = _rss(), time.perf_counter()
    alone = [_alone(folder) for folder in folders[:3]]
    whole, loaded = (_rss() - before) / 3, 1000 * (time.perf_counter() - began) / 3
    peer = "the merged model, for itself"
    yield Row("adapters: loading one", statistics.median(spent), loaded, peer, "ms", lower_is_better=True)
    yield Row("adapters: memory of one, of 50", mine, whole, peer, "MB", lower_is_better=True)

    single = lambda number, only=alone[0]: only  # noqa: E731
    shared = lambda number: cache.get(folders[number])  # noqa: E731
    first = lambda number: cache.get(folders[0])  # noqa: E731
    texts = sized(1200, 200)
    yield Row(
        "adapters: 50, random traffic",
        *rates(_asked(shared), _asked(first), _items(50, texts)),
        "one of them",
    )
    yield Row(
        "adapters: 50, random traffic",
        *rates(_asked(shared), _asked(single), _items(50, texts)),
        f"one, {peer}",
    )
    del alone, single
    yield _many(folders, texts)
    yield _given_back(cache, folders)


def _many(folders: Sequence[Path], texts: int) -> Row:
    few, many = _cache(), _cache()
    ours = _asked(lambda number: many.get(folders[number]))
    peer = _asked(lambda number: few.get(folders[number % FEW]))
    return Row(f"adapters: {MANY}, random traffic", *rates(ours, peer, _items(MANY, texts)), f"{FEW} of them")


def _given_back(cache: Any, folders: Sequence[Path]) -> Row:
    for folder in folders:
        cache.get(folder).predict(["Where is my parcel?"])
    most = _rss()
    cache._most_bytes = 1  # as little as can be: the one that is loaded next
    body = cache.get(folders[0]).model.body
    cache.get(shutil.copytree(folders[0], folders[0].with_name("last"), copy_function=os.link)).predict(
        ["Hello"]
    )
    body.tidy()
    return Row(
        f"adapters: memory after {MANY} are unloaded", _rss(), most, "before", "MB", lower_is_better=True
    )


def _against_peft(folders: Sequence[Path]) -> Iterable[Row]:
    """peft's own way to mix adapters in a batch: ``adapter_names``."""
    import torch
    from peft import PeftModel

    from tools.finetune.averaging import add_averaging
    from tools.finetune.classification import build
    from tools.finetune.encoder import autocast, load_tokenizer
    from tools.models.embedded import minilm_folder

    tokenizer = load_tokenizer(minilm_folder())
    base = build(minilm_folder(), [f"label-{number}" for number in range(8)], tokenizer)
    add_averaging(base)
    model = PeftModel.from_pretrained(base, str(folders[0] / "adapter"), adapter_name="a0")
    for number in range(1, 50):
        model.load_adapter(str(folders[number] / "adapter"), adapter_name=f"a{number}")
    model.eval()
    cache = _cache()

    def theirs(items: Sequence[Item]) -> None:
        for at in range(0, len(items), BATCH):
            some = sorted(items[at : at + BATCH], key=lambda item: len(item[1]))
            inputs = tokenizer([text for _, text in some], padding=True, truncation=True, return_tensors="pt")
            with torch.inference_mode(), autocast("cpu"):
                model(**inputs, adapter_names=[f"a{number}" for number, _ in some]).logits.softmax(
                    -1
                ).tolist()

    ours = _asked(lambda number: cache.get(folders[number]))
    found = rates(ours, theirs, _items(50, sized(480, 120)))
    yield Row("adapters: 50, random traffic", *found, f"peft, adapter_names, batches of {BATCH}")


def _heads(folders: Sequence[Path]) -> Iterable[Row]:
    cache = _cache()
    cache.get(folders[0])
    before = _rss()
    for folder in folders:
        cache.get(folder)
    mine, before = (_rss() - before) / len(folders), _rss()
    alone = [_alone(folder) for folder in folders[:3]]
    whole = (_rss() - before) / 3
    peer = "one, for itself"
    yield Row("heads: memory of one, of 20", mine, whole, peer, "MB", lower_is_better=True)
    ours, theirs = _asked(lambda number: cache.get(folders[number])), _asked(lambda number: alone[0])
    yield Row("heads: 20, random traffic", *rates(ours, theirs, _items(20, sized(1200, 200))), peer)


def _items(models: int, count: int) -> list[Item]:
    dice, texts = random.Random(0), shuffled(tickets.texts() * 6)[:count]
    return [(dice.randrange(models), text) for text in texts]


def _asked(model: Callable[[int], Any]) -> Callable[[Sequence[Item]], None]:
    """One text a request, of many callers at once."""

    def caller(items: Sequence[Item]) -> None:
        for number, text in items:
            model(number).predict([text])

    def send(items: Sequence[Item]) -> None:
        with ThreadPoolExecutor(CALLERS) as pool:
            list(pool.map(caller, [items[number::CALLERS] for number in range(CALLERS)]))

    return send


def _rss() -> float:
    """Megabytes that this process takes."""
    import psutil

    gc.collect()
    return psutil.Process().memory_info().rss / 1e6
