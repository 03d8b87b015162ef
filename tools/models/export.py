"""How a model leaves the house: folders written whole or not at all, a card that tells how to run it, and GGUF.

GGUF is what llama.cpp, Ollama and LM Studio read. Only llama.cpp's own converter keeps up with its format, so that is
called where it is installed.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.errors import BadArgument, NotFound, Unsupported, WorkFailed
from tools.models.card import CARD, model_card, read_info

CONVERTER = "convert_hf_to_gguf.py"
SETTING = "ASSISTANT_LLAMA_CPP"
# What makes inputs of texts and images; small, and the same whatever form the weights have.
INPUT_FILES = (
    "tokenizer*",
    "vocab*",
    "merges*",
    "special_tokens_map.json",
    "added_tokens.json",
    "*.model",
    "*.jinja",
    "preprocessor_config.json",
)


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A new folder that becomes ``target`` where the block ends well, and leaves nothing where it fails.

    Args:
        target: where it shall be: nothing is there yet, or an empty folder.

    Raises:
        BadArgument: the target is a file, or a folder with something in it.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadArgument(f"{target} exists already.", "Name a new or empty folder.", param="folder")
    target = target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as partial:
        made = Path(partial) / "model"
        made.mkdir()
        yield made
        made.replace(target)


def copy_folder(source: Path, made: Path, left: tuple[str, ...] = ()) -> None:
    """Copy a model's folder.

    Args:
        source: the model's folder.
        made: the folder to fill.
        left: names of files that stay behind.
    """
    shutil.copytree(source, made, ignore=shutil.ignore_patterns(*left), dirs_exist_ok=True)


def copy_files(source: Path, made: Path, patterns: tuple[str, ...]) -> None:
    """Copy those files of a model's folder that match one of the patterns."""
    for pattern in patterns:
        for path in source.glob(pattern):
            if path.is_file():
                shutil.copy2(path, made / path.name)


def write_running_card(source: Path, made: Path, running: str) -> None:
    """Write the model's card with a last section that tells how to run this form of it.

    Args:
        source: the model's folder.
        made: the folder to fill.
        running: Markdown.
    """
    card = source / CARD
    about = card.read_text(encoding="utf-8") if card.is_file() else model_card(read_info(source))
    text = f"{about.rstrip()}\n\n## Running it\n\n{running.strip()}\n"
    (made / CARD).write_text(text, encoding="utf-8")


def to_gguf(source: Path, made: Path, llama_cpp: Path | None = None) -> dict[str, Any]:
    """Write a text-generation model as one GGUF file of 16-bit weights, by llama.cpp's converter.

    Args:
        source: the model's folder.
        made: the folder to fill.
        llama_cpp: llama.cpp's folder, or the converter itself; it is looked for on the PATH where left out.

    Returns:
        ``file``, the name of the GGUF file.

    Raises:
        NotFound: no converter where the setting says.
        Unsupported: another task, or no converter on this machine.
        WorkFailed: the converter failed.
    """
    info = read_info(source)
    if info["task"] != "text-generation":
        raise Unsupported(
            f"GGUF is for text-generation models, and {info['name']} does {info['task']}.",
            "Use --format onnx or folder.",
            param="format",
        )
    file = made / f"{info['name']}.gguf"
    options = ["--outfile", str(file), "--outtype", "auto", "--model-name", str(info["name"])]
    _convert([*find_converter(llama_cpp), str(source), *options])
    if not file.is_file() or file.open("rb").read(4) != b"GGUF":
        raise WorkFailed("llama.cpp's converter wrote no GGUF file.", f"Update llama.cpp ({CONVERTER}).")
    write_running_card(source, made, _GGUF_CARD.format(file=file.name))
    return {"file": file.name}


def find_converter(llama_cpp: Path | None) -> list[str]:
    """The command that starts llama.cpp's converter.

    One that the setting names runs in this Python, which has torch and transformers; one on the PATH was installed
    to run by itself.

    Args:
        llama_cpp: as for :func:`to_gguf`.

    Raises:
        NotFound: it is not where the setting says.
        Unsupported: it is not on this machine.
    """
    if llama_cpp is None:
        if found := shutil.which(CONVERTER):
            return [found]
        raise Unsupported(
            f"GGUF needs llama.cpp's {CONVERTER}, which is not on this machine's PATH.",
            f"git clone https://github.com/ggml-org/llama.cpp, set {SETTING} to that folder, and "
            "pip install 'startup-assistant[gguf]'.",
            param="format",
        )
    given = llama_cpp.expanduser()
    file = given / CONVERTER if given.is_dir() else given
    if not file.is_file():
        raise NotFound(f"{SETTING} is set, but there is no {file}.", f"Set it to the folder of {CONVERTER}.")
    return [sys.executable, str(file)]


def _convert(command: list[str]) -> None:
    """Run the converter.

    Raises:
        WorkFailed: it failed; tells its last line, and what to install where a package is missing.
    """
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as error:
        raise WorkFailed(
            f"llama.cpp's converter cannot be started: {error}.", f"Check {command[0]}."
        ) from error
    if done.returncode == 0:
        return
    said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    last = said[-1] if said else f"exit code {done.returncode}"
    lacking = re.search(r"No module named '([\w.]+)'", last)
    hint = (
        f"pip install {lacking[1]} where the converter runs ({command[0]})."
        if lacking
        else "Update llama.cpp; it may not know this kind of model."
    )
    raise WorkFailed(f"llama.cpp's converter failed: {last.rstrip('.')}.", hint)


_GGUF_CARD = """
`{file}` holds weights, tokenizer and chat template. It runs with llama.cpp, and with what is built on it:

```sh
llama-cli -m {file} -cnv
llama-server -m {file} --port 8080
llama-quantize {file} smaller.gguf Q4_K_M
echo "FROM ./{file}" > Modelfile && ollama create mine -f Modelfile && ollama run mine
```
"""
