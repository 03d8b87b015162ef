"""Names and values that fill the slots of phrases: files, models, jobs, columns, numbers as people write them."""

import random
from collections.abc import Callable, Sequence
from functools import cache

from assistant.brain.recipe.phrases import columns

ENDINGS = ["csv"] * 10 + ["xlsx"] * 4 + ["jsonl"] * 3 + ["tsv", "parquet", "parquet", "json", "zip", "xls"]
DOCUMENT_ENDINGS = ["pdf"] * 5 + ["md"] * 3 + ["docx"] * 3 + ["txt", "html", "txt"]
EMBEDDED = 0.42  # share of base models that are the product's own
TABLE_QUOTES = ['"{}"', "'{}'", "“{}”", "`{}`"]
TEXT_QUOTES = {
    "en": ['"{}"'] * 6 + ["'{}'"] * 4 + ["“{}”"] * 3 + ["‘{}’", "`{}`", "«{}»"],
    "zh": ["“{}”"] * 6 + ['"{}"'] * 4 + ["「{}」"] * 2 + ["'{}'", "‘{}’", "『{}』"],
}


@cache
def pool(language: str, name: str) -> list[str]:
    """The words in a row of the bank ``names``; the English ones where a language has no such row."""
    rows = {fields[0]: fields[1] for fields in columns(language, "names", 2)}
    return rows[name].split(", ") if name in rows else pool("en", name)


@cache
def kinds(language: str, prefix: str) -> list[str]:
    """The rows of the bank ``names`` that begin with a word (``method``, ``task``)."""
    return [name for name, _ in columns(language, "names", 2) if name.startswith(f"{prefix} ")]


def file_name(rng: random.Random, language: str) -> str:
    """A table's file name."""
    own = "zh" if language == "zh" and rng.random() < 0.5 else "en"
    words = [rng.choice(pool(own, "topics"))]
    words += [rng.choice(pool(own, "parts")) for _ in range(rng.choice((0, 0, 1, 1, 2)))]
    if rng.random() < 0.15:
        words.reverse()
    style = rng.random()
    if own == "en" and style < 0.12:
        words = [word.capitalize() for word in words]
    joint = " " if style > 0.95 else rng.choice("__-")
    return f"{joint.join(words)}.{rng.choice(ENDINGS)}"


def document_name(rng: random.Random, language: str) -> str:
    """A text document's file name."""
    own = "zh" if language == "zh" and rng.random() < 0.5 else "en"
    stem = rng.choice(pool(own, "documents"))
    if rng.random() < 0.3:
        stem = f"{stem}{rng.choice('-_')}{rng.choice(pool('en', 'parts'))}"
    return f"{stem}.{rng.choice(DOCUMENT_ENDINGS)}"


def address(rng: random.Random, language: str) -> str:
    """A web address."""
    scheme = rng.choice(("https://", "https://", "http://", "https://www.", "www."))
    return f"{scheme}{rng.choice(pool('en', 'hosts'))}/{rng.choice(pool('en', 'paths'))}"


def model_name(rng: random.Random, language: str) -> str:
    """A fine-tuned model's name."""
    if language == "zh" and rng.random() < 0.2:
        name = (
            rng.choice(pool("zh", "models"))
            + rng.choice(("", "-", "_", ""))
            + rng.choice(("", "v2", "1", "2"))
        )
        return name.rstrip("-_")
    stem = rng.choice(pool("en", "topics" if rng.random() < 0.3 else "models"))
    style = rng.random()
    joint = rng.choice("--_") if style < 0.85 else ""
    name = f"{stem}{joint}{rng.choice(pool('en', 'model parts'))}"
    if rng.random() < 0.25 and "-" in stem:
        name = stem
    if style > 0.93:
        name = "".join(part.capitalize() for part in name.replace("_", "-").split("-"))
    return name.replace("-", "_") if rng.random() < 0.12 else name


def job_name(rng: random.Random, language: str) -> str:
    """A job's id."""
    return f"job-{rng.randint(1, 60)}" if rng.random() < 0.9 else f"job-{rng.getrandbits(24):06x}"


def said_job(rng: random.Random, job: str, language: str) -> str:
    """A job's id as people say it."""
    digits = job.removeprefix("job-")
    if not digits.isdigit() or rng.random() < 0.7:
        return job
    forms = ("任务{}", "任务 {}", "job {}") if language == "zh" else ("job {}", "job #{}", "job{}", "Job-{}")
    return rng.choice(forms).format(digits)


def column(rng: random.Random, language: str, text: bool = False) -> str:
    """A column's name, sometimes quoted."""
    name = rng.choice(pool(language, "text columns" if text else "columns"))
    if language == "en" and rng.random() < 0.15:
        name = f"{rng.choice(pool('en', 'topics'))}_{name}"
    if language == "en" and rng.random() < 0.08:
        name = name.capitalize()
    return quoted(rng, name, 0.2, TABLE_QUOTES)


def quoted(rng: random.Random, text: str, share: float, marks: Sequence[str]) -> str:
    """The text, with a certain share of all in quotes."""
    return rng.choice(marks).format(text) if rng.random() < share else text


def epochs(rng: random.Random, language: str) -> str:
    """A number of epochs."""
    if rng.random() < 0.62:
        return str(rng.choice((1, 2, 3, 3, 4, 5, 5, 6, 8, 10, 12, 15, 20, 30, 50, 0.5, 1.5, 2.5)))
    if language == "en" and rng.random() < 0.08:
        return rng.choice(("a couple of", "half a dozen", "a dozen"))
    return rng.choice(pool(language, "numbers"))


def rate(rng: random.Random, language: str) -> str:
    """A learning rate in one of its notations."""
    digit, power = rng.choice((1, 1, 2, 2, 3, 5, 5, 7, 8)), rng.randint(2, 6)
    scientific, plain = f"{digit}e-{power}", f"{digit / 10**power:.{power}f}"
    if language == "en" and rng.random() < 0.08:
        words = pool("en", "numbers")
        return f"{words[digit - 1]} e minus {words[power - 1]}"
    if language == "zh" and rng.random() < 0.1:
        said = "一二三四五六七八九"[digit - 1]
        parts = {3: "千分之", 4: "万分之", 5: "十万分之", 6: "百万分之"}
        spoken = [f"{said}乘十的负{'一二三四五六'[power - 1]}次方", f"零点{'零' * (power - 1)}{said}"]
        return rng.choice([*spoken, *([parts[power] + said] * 3 if power in parts else [])])
    if digit == 1 and rng.random() < 0.06:
        return f"10^-{power}"
    rare = [f"{digit}.5e-{power}", f"{digit}e-0{power}", f"{digit} x 10^-{power}", f"{digit}*10^-{power}"]
    return rng.choice([scientific] * 8 + [plain] * 3 + [plain[1:], scientific.upper(), *rare])


def new_name(rng: random.Random, language: str) -> str:
    """What a new model shall be called."""
    return quoted(rng, model_name(rng, language), 0.12, TABLE_QUOTES)


def method(rng: random.Random, language: str) -> str:
    """A method, as people say it."""
    own = language if rng.random() < 0.8 else "en"
    rows = kinds(own, "method")
    chosen = rng.choices(rows, [{"method lora": 5, "method auto": 0.5}.get(row, 2) for row in rows])[0]
    return rng.choice(pool(own, chosen))


def task(rng: random.Random, language: str) -> str:
    """A task, as people say it."""
    return rng.choice(pool(language, rng.choice(kinds(language, "task"))))


def base(rng: random.Random, language: str) -> str:
    """A base model."""
    return rng.choice(("minilm", "smollm2") if rng.random() < EMBEDDED else pool("en", "bases"))


VALUES: dict[str, Callable[[random.Random, str], str]] = {
    "base": base,
    "method": method,
    "task": task,
    "epochs": epochs,
    "rate": rate,
    "name": new_name,
    "text_col": lambda rng, language: column(rng, language, text=True),
    "label_col": column,
}
