"""Text generation: a chat model learns to answer as the conversations or instructions of the data do."""

import threading
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.loading import loaded
from tools.errors import BadData, WorkFailed
from tools.finetune.conversations import (
    INPUTS,
    SYSTEMS,
    Collate,
    Message,
    conversations,
    joined,
    tokenized_parts,
)
from tools.finetune.examples import mean_tokens
from tools.finetune.prompting import before_stop, chat_tokenizer, prompt, room
from tools.finetune.task import Facts, Outcome, Run
from tools.models.placement import four_bits, placement

if TYPE_CHECKING:
    import pandas

MAX_LENGTH = 512
ENDLESS = 2**31


class TextGeneration:
    """The task's object; see ``tools.finetune.task.Task``."""

    name = "text-generation"
    default_base = "smollm2"
    methods = ("lora", "full", "dora", "adalora", "qlora")
    needs_label = False

    def beside(self, columns: Sequence[str], text_column: str, label_column: str | None) -> tuple[str, ...]:
        """What an instruction is about (Alpaca's ``input``), and what the model is told to be."""
        other = {name.casefold().strip(): name for name in columns if name not in (text_column, label_column)}
        inputs = [other[name] for name in INPUTS if name in other and label_column is not None]
        systems = [other[name] for name in SYSTEMS if name in other]
        return (*inputs[:1], *systems[:1])

    def check(self, table: "pandas.DataFrame", text_column: str, label_column: str | None) -> Facts:
        """A few conversations that hold an answer."""
        rows = conversations(table, text_column, label_column)
        if len(rows) < 4:
            raise BadData(
                f"Only {len(rows)} rows of the table hold a question and an answer.",
                "Give a column of conversations (lists of role and content), or a prompt and a reply column.",
            )
        warnings = []
        if lost := len(table) - len(rows):
            warnings.append(f"{lost:,} rows are left out: no question with an answer was found in them.")
        for name in self.beside(list(table.columns), text_column, label_column):
            where = (
                "told to the model first" if name.casefold().strip() in SYSTEMS else f"added to {text_column}"
            )
            warnings.append(f"Column {name} is {where} in rows that have it.")
        return Facts(len(rows), {}, mean_tokens([joined(row) for row in rows], MAX_LENGTH), warnings)

    def rows(
        self, table: "pandas.DataFrame", text_column: str, label_column: str | None, facts: Facts
    ) -> list[tuple[str, tuple[str, ...]]]:
        """Conversations."""
        return [(joined(row), ()) for row in conversations(table, text_column, label_column)]

    def train(self, run: Run) -> Outcome:
        """Train on the answers; measure perplexity before and after."""
        from transformers import AutoConfig, AutoModelForCausalLM, set_seed

        from tools.finetune import methods
        from tools.finetune.fit import Material, fit, steps_of
        from tools.finetune.language import by_frequency, counted, losses, perplexity, write_counts
        from tools.finetune.metrics import resampled
        from tools.finetune.parted import TokenPartedTrainer
        from tools.finetune.samples import samples

        set_seed(run.spec.seed)
        tokenizer = chat_tokenizer(run.base)
        config = AutoConfig.from_pretrained(str(run.base), trust_remote_code=False)
        length = min(MAX_LENGTH, getattr(config, "max_position_embeddings", MAX_LENGTH))
        (train, validation, held), talks, said = tokenized_parts(run, tokenizer, length)
        model: Any = loaded(AutoModelForCausalLM, str(run.base), use_safetensors=True, **_held(run))
        collate, beat = Collate(tokenizer.pad_token_id), lambda done: run.report.beat("Measuring")
        counts = counted((row["labels"] for row in train), len(tokenizer))
        baseline = {
            "base_model": perplexity(losses(model, held, collate, beat, shift=1)),
            "word_frequencies": perplexity(by_frequency(counts, held, collate, shift=1)),
        }
        method = run.plan["method"]
        model = methods.wrap(methods.prepared(model), method, "CAUSAL_LM", steps_of(run.plan, len(train)))
        trained = methods.trainable(model)
        step = methods.after_step(model, method)
        material = Material(model, train, validation, collate, after_step=step, trainer=TokenPartedTrainer)
        curve = fit(run, material)
        plain = partial(loaded, AutoModelForCausalLM, str(run.base), use_safetensors=True, dtype=_dtype(run))
        model = methods.merge(model, method, run.staging, plain)
        model.config.use_cache = True
        found = losses(model, held, collate, beat, shift=1)
        run.report.tell("Writing some answers")
        examples = samples(model, tokenizer, talks, length)
        model.save_pretrained(run.staging, safe_serialization=True)
        tokenizer.save_pretrained(run.staging)
        write_counts(run.staging, counts)
        told = {"curve": curve, "intervals": resampled(found, perplexity), "examples": examples}
        return Outcome(perplexity(found), baseline, trained, {"max_length": length}, told, said)

    def load(self, folder: Path, device: str | None = None) -> "LoadedGenerator":
        """A ``tools.finetune.task.Generator``."""
        return LoadedGenerator(folder, device)


def _held(run: Run) -> dict[str, Any]:
    """How the base is held while it is trained: in 4 bits on a GPU for qlora."""
    if run.plan["method"] != "qlora":
        return {"dtype": _dtype(run)}
    return {"device_map": {"": 0}, "quantization_config": four_bits()}


def _dtype(run: Run) -> str:
    """In what the base is held: weights that an adapter leaves alone stay as they were stored, where that is faster."""
    from transformers import AutoConfig

    from tools.finetune.machine import best_device, half

    quick = half(best_device() == "cuda") == "bfloat16"
    stored = str(AutoConfig.from_pretrained(str(run.base), trust_remote_code=False).dtype)
    return "bfloat16" if run.plan["method"] != "full" and stored == "torch.bfloat16" and quick else "float32"


class Ending(NamedTuple):
    """How a text ended: whether it was cut at the most tokens it may have, and how many were read and written."""

    cut: bool
    read: int
    written: int


def was_cut(tokens: list[int], most: int, ends: list[int]) -> bool:
    """Whether a text has as many tokens as it may have, and does not end by itself there."""
    return len(tokens) >= most and tokens[-1] not in ends


class LoadedGenerator:
    """Answers conversations, piece by piece.

    Attributes:
        read: tokens of the prompts so far.
        written: tokens written so far.
    """

    task = "text-generation"

    def __init__(self, folder: Path, device: str | None):
        from transformers import AutoModelForCausalLM

        from tools.finetune.machine import best_device

        self.device = best_device(device)
        self.tokenizer = chat_tokenizer(folder)
        where = {} if self.device == "cpu" else placement(folder)
        self.model: Any = loaded(AutoModelForCausalLM, folder, use_safetensors=True, **where).eval()
        self.read = self.written = 0

    def generate(
        self,
        messages: list[Message],
        max_tokens: int = 256,
        temperature: float = 0.0,
        stop: list[str] | None = None,
        seed: int | None = None,
        top_p: float | None = None,
    ) -> Generator[str, None, "Ending"]:
        """Pieces of the answer as they are made, and how it ended; ends early when the iterator is closed.

        Raises:
            BadArgument: the conversation is longer than the model can read, or not as its template wants it.
        """
        from transformers import StoppingCriteriaList, TextIteratorStreamer

        text = prompt(self.tokenizer, messages)
        batch = self.tokenizer(text, return_tensors="pt", add_special_tokens=False).to(self.model.device)
        asked = batch["input_ids"].shape[1]
        max_tokens = min(max_tokens, room(asked, self._window))
        self.read += asked
        streamer = TextIteratorStreamer(self.tokenizer, skip_prompt=True, skip_special_tokens=True)
        ended = threading.Event()
        ids: list[Any] = [batch["input_ids"]]  # the last element: with all that is written so far
        options: dict[str, Any] = {"do_sample": temperature > 0}
        if temperature > 0:
            options |= {"temperature": temperature} | ({} if top_p is None else {"top_p": top_p})
        failed: list[Exception] = []
        thread = threading.Thread(
            target=_seeded,
            args=(seed, self.model.generate, failed),
            kwargs={
                **batch,
                **options,
                "max_new_tokens": max_tokens,
                "streamer": streamer,
                "pad_token_id": self.tokenizer.pad_token_id,
                "stopping_criteria": StoppingCriteriaList(
                    [lambda all_ids, scores, **_: self._step(all_ids, ids, ended)]
                ),
            },
            daemon=True,
        )
        thread.start()
        try:
            stopped = yield from before_stop(streamer, stop or [])
        finally:
            ended.set()
            thread.join()
        if failed:
            raise WorkFailed(f"The text broke off ({type(failed[0]).__name__}).", "Try again.") from failed[0]
        said = ids[-1][0, asked:].tolist()
        return Ending(not stopped and was_cut(said, max_tokens, self._ends), asked, len(said))

    def predict(self, texts: list[str]) -> list[dict[str, Any]]:
        """The answer to each text."""
        answers = ["".join(self.generate([{"role": "user", "content": text}], 128)) for text in texts]
        return [{"label": None, "score": None, "scores": {}, "text": answer.strip()} for answer in answers]

    @property
    def _window(self) -> int:
        """Tokens that the model can look at; very many where it knows no end."""
        return getattr(self.model.config.get_text_config(), "max_position_embeddings", None) or ENDLESS

    @property
    def _ends(self) -> list[int]:
        """Tokens that end a text."""
        ends = self.model.generation_config.eos_token_id
        return [] if ends is None else [ends] if isinstance(ends, int) else list(ends)

    def _step(self, ids: Any, kept: list[Any], ended: threading.Event) -> Any:
        """Another token; all rows stop once nobody listens any more."""
        import torch

        self.written += 1
        kept[-1] = ids
        return torch.full((ids.shape[0],), ended.is_set(), dtype=torch.bool, device=ids.device)


def _seeded(seed: int | None, generate: Any, failed: list[Exception], **options: Any) -> None:
    """Generate, the same text each time where there is a seed and nothing else draws numbers meanwhile.

    An error goes into ``failed``, and ends the streamer: who reads it would wait for ever.
    """
    import torch

    try:
        if seed is not None:
            torch.manual_seed(seed)
        generate(**options)
    except Exception as error:
        failed.append(error)
        options["streamer"].on_finalized_text("", stream_end=True)


TASK = TextGeneration()
