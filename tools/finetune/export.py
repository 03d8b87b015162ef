"""The forms in which a trained model can be taken elsewhere."""

import json
from pathlib import Path
from typing import Any, Literal

from tools.errors import NotFound, Unsupported
from tools.finetune.continual import LINEAGE
from tools.models.card import read_info
from tools.models.embedded import embedded_name
from tools.models.export import INPUT_FILES, copy_files, copy_folder, to_gguf, whole, write_running_card

Format = Literal["folder", "adapter", "onnx", "gguf"]
ADAPTER_CONFIG = "adapter_config.json"
ADDED = "added.safetensors"
ENGINE = "engine"  # what tools.serving made of the weights for this machine
AT_THE_HUB = {
    "minilm": "sentence-transformers/all-MiniLM-L6-v2",
    "smollm2": "HuggingFaceTB/SmolLM2-135M-Instruct",
}
CLASSES = {
    "embedding": "AutoModel",
    "image-classification": "AutoModelForImageClassification",
    "masked-lm": "AutoModelForMaskedLM",
    "text-classification": "AutoModelForSequenceClassification",
    "text-generation": "AutoModelForCausalLM",
    "token-classification": "AutoModelForTokenClassification",
}


def export(
    source: Path, target: Path, form: Format = "folder", llama_cpp: Path | None = None
) -> dict[str, Any]:
    """Write a model somewhere else, whole or not at all.

    Args:
        source: the model's folder.
        target: a new or empty folder.
        form: ``folder`` (all of it), ``adapter`` (what lora, dora, adalora or qlora trained), ``onnx`` or ``gguf``.
        llama_cpp: where llama.cpp's converter is, if not on the PATH.

    Returns:
        ``path`` and ``format``; for onnx also ``check``, for gguf also ``file``.

    Raises:
        BadArgument: the target is a file, or a folder with something in it.
        NotFound: the model's own folder is gone.
        Unsupported: this model, or this machine, cannot give that form.
        WorkFailed: the conversion failed, or its result is not the same model.
    """
    if not source.is_dir():
        raise NotFound(
            f"The folder of model {source.name} is gone.", "Fine-tune it again, or delete the model."
        )
    with whole(target) as made:
        told: dict[str, Any] = {}
        if form == "folder":
            copy_folder(source, made, (LINEAGE, ENGINE))
        elif form == "adapter":
            copy_adapter(source, made)
        elif form == "gguf":
            told = to_gguf(source, made, llama_cpp)
        else:
            told = _onnx(source, made)
    return {"path": str(target.resolve()), "format": form, **told}


def _onnx(source: Path, made: Path) -> dict[str, Any]:
    """ONNX, once it is clear that it can be: the packages it needs are an extra."""
    from importlib.util import find_spec

    if missing := [name for name in ("onnx", "onnxscript") if find_spec(name) is None]:
        raise Unsupported(
            f"ONNX files need {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed.",
            "pip install 'startup-assistant[onnx]'.",
            param="format",
        )
    from tools.finetune.onnx import to_onnx

    return to_onnx(source, made)


def copy_adapter(source: Path, made: Path) -> None:
    """Write the adapter with the tokenizer and what else the base model lacks.

    A text classifier on BERT was trained with one layer more than its base (``tools.finetune.averaging``): without that
    layer the adapter would fit nothing.

    Args:
        source: the model's folder.
        made: the folder to fill.

    Raises:
        Unsupported: the model was made without an adapter.
    """
    info = read_info(source)
    adapter = source / "adapter"
    if not (adapter / ADAPTER_CONFIG).is_file():
        raise Unsupported(
            f"{info['name']} was made by {info['method']}, which leaves no adapter.",
            "Use --format folder, or fine-tune with --method lora.",
            param="format",
        )
    copy_folder(adapter, made)
    copy_files(source, made, ("config.json", *INPUT_FILES))
    base = _base_name(str(info["base"]))
    _name_base(made / ADAPTER_CONFIG, base)
    added = _write_added(source, made / ADDED)
    write_running_card(source, made, _adapter_card(base, CLASSES[info["task"]], added))


def _base_name(base: str) -> str:
    """What the base is called elsewhere: its id at the hub, or the name of its folder without the way to it."""
    if short := embedded_name(base):
        return AT_THE_HUB[short]
    path = Path(base).expanduser()
    return path.name if path.is_absolute() or path.is_dir() or base.startswith(".") else base


def _name_base(file: Path, base: str) -> None:
    """peft notes the folder that the base had on this machine; elsewhere that helps nobody."""
    config = json.loads(file.read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = base
    file.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_added(source: Path, file: Path) -> bool:
    """Write the averaging layer and its pooler, if the model has them. Returns whether it has."""
    from safetensors import safe_open
    from safetensors.torch import save_file

    from tools.finetune.averaging import MARK

    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    if not config.get(MARK):
        return False
    wanted = (f"bert.encoder.layer.{config['num_hidden_layers'] - 1}.", "bert.pooler.")
    found: dict[str, Any] = {}
    for weights in source.glob("*.safetensors"):
        with safe_open(weights, "pt") as tensors:
            found |= {name: tensors.get_tensor(name) for name in tensors.keys() if name.startswith(wanted)}  # noqa: SIM118
    save_file(found, file)
    return True


def _adapter_card(base: str, kind: str, added: bool) -> str:
    """How to put the adapter on its base."""
    load = ADDED_LINES if added else ""
    return ADAPTER_CARD.format(base=base, kind=kind, imports=ADDED_IMPORT if added else "", load=load)


ADAPTER_CARD = """
These are the weights that were trained, without those of `{base}`, for which alone they are right.
`pip install peft`, and in this folder:

```python
from peft import PeftModel
{imports}from transformers import AutoConfig, AutoTokenizer, {kind}

base = "{base}"
config = AutoConfig.from_pretrained("config.json")
model = {kind}.from_pretrained(base, config=config)
{load}model = PeftModel.from_pretrained(model, ".").eval()
tokenizer = AutoTokenizer.from_pretrained(".")
```
"""
ADDED_IMPORT = "from safetensors.torch import load_file\n"
ADDED_LINES = f"""model.load_state_dict(load_file("{ADDED}"), strict=False)  # a layer that the base has not
"""
