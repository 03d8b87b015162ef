"""Invented companies: their documents, and what people ask, each question beside the sentences nearest to it.

``companies/NAME.txt`` holds documents one after the other, each below a line ``=== file name``, and
``companies/NAME.questions.txt`` a question a line, ``question => source => says``: a part of the name of the file that
answers it, and what of it is the answer (``a;b`` both, ``a|b`` either); ``question => -`` where no document does.
"""

import re
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from knowledge.base import KnowledgeBase
from knowledge.embed import Encoder
from knowledge.recipe.pairs import Section
from knowledge.search import Hit
from knowledge.units import Unit, split

COMPANIES = Path(__file__).parent / "companies"
NEAR = 20  # sentences beside a question that do not answer it


def company_sections(
    encoder: Encoder, folder: Path = COMPANIES, names: Collection[str] | None = None
) -> Iterator[Section]:
    """Each question of each company as a section of its own: what answers it, and the likest of all other sentences.

    Args:
        encoder: finds the likest.
        folder: of the companies.
        names: of those wanted; all where left out.
    """
    for path in sorted(folder.glob("*.questions.txt")):
        name = path.name.removesuffix(".questions.txt")
        if names is not None and name not in names:
            continue
        units = _units(path.with_name(f"{name}.txt"), encoder)
        texts = [f"{unit.hit.passage.context}: {unit.text}" for unit in units]
        lines = [line.split(" => ") for line in path.read_text("utf-8").splitlines() if line.strip()]
        alike = encoder.encode([line[0] for line in lines]) @ encoder.encode(texts).T
        for line, row in zip(lines, alike, strict=True):
            answers = [place for place, unit in enumerate(units) if _answers(line, unit)]
            if len(line) > 2 and not answers:  # the answer is spread over sentences
                continue
            near = [int(place) for place in (-row).argsort() if place not in answers][:NEAR]
            best = sorted(answers, key=lambda place: -row[place])[:2]
            found = [texts[place] for place in [*best, *near]]
            yield Section(found, [(line[0], tuple(range(len(best))))])


def _units(path: Path, encoder: Encoder) -> list[Unit]:
    """The sentences of a company's documents, cut as they are for answers."""
    with tempfile.TemporaryDirectory() as name:
        documents = Path(name) / "documents"
        documents.mkdir()
        for part in path.read_text("utf-8").split("=== ")[1:]:
            file, _, text = part.partition("\n")
            (documents / file.strip()).write_text(text, "utf-8")
        base = KnowledgeBase(Path(name) / "base", encoder)
        base.add([documents])
        passages = base.store.passages(sorted(base.store.ids())).values()
        return [unit for passage in passages for unit in split(Hit(passage, 0.0, 0.0))]


def _answers(line: list[str], unit: Unit) -> bool:
    if len(line) < 3:
        return False
    said = any(way.lower() in unit.text.lower() for each in line[2].split(";") for way in each.split("|"))
    return said and bool(re.search(line[1].strip(), unit.hit.passage.source))
