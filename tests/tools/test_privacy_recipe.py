"""Messages with marked names, as the NER model learns from them."""

from importlib.resources import files
from pathlib import Path

from tools.privacy.recipe.messages import messages

LINE = (
    r"hi, [[P|marek]] here (flat 3b, [[L|12 Hawthorn Row, Leeds LS6 2AB]]).\n"
    r"PIN [[S|4821]], [[P|Ngozi Eze]] of [[O|Lumen Ltd]]"
)


def written(folder: Path, *lines: str) -> list[Path]:
    path = folder / "messages.txt"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return [path]


def test_a_message_comes_first_as_it_is_and_then_with_other_names(tmp_path: Path) -> None:
    first, *others = messages(written(tmp_path, LINE), seed=1, times=6)
    assert first.text.startswith("hi, marek here") and "\nPIN 4821" in first.text
    found = [(first.text[start:end], label) for start, end, label in first.spans]
    assert found == [
        ("marek", "PERSON"),
        ("12 Hawthorn Row, Leeds LS6 2AB", "LOCATION"),
        ("Ngozi Eze", "PERSON"),
        ("Lumen Ltd", "ORGANIZATION"),
    ]
    assert len({each.text for each in others}) == 5
    for each in others:
        labels = [label for _, _, label in each.spans]
        assert labels.count("PERSON") == 2 and "4821" in each.text
        assert all(each.text[start:end].strip() == each.text[start:end] for start, end, _ in each.spans)
    assert all(each.text[each.spans[0][0]].islower() for each in others if not each.text.isupper())


def test_every_tenth_message_is_kept_apart(tmp_path: Path) -> None:
    paths = written(tmp_path, *(f"number {number} for [[P|Ann]]" for number in range(30)))
    held = {each.text for each in messages(paths, 1, 3, held=True)}
    assert held == {f"number {number} for Ann" for number in (9, 19, 29)}
    assert not held & {each.text for each in messages(paths, 1, 1)}


def test_what_comes_along_is_marked_rightly() -> None:
    path = Path(str(files("tools.privacy.recipe") / "messages.txt"))
    known = list(messages([path], 1, 1))
    assert len(known) > 2_000 and not any("[[" in each.text or "]]" in each.text for each in known)
