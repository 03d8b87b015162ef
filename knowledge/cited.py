"""A model's reply on its way to the reader: each sentence checked against the passages before it is shown.

A sentence that passages bear out gets its numbered citations; one that none bears out is marked, or left out. Numbers
are given in the order of use, whatever numbers the model wrote: a wrong one is replaced by the passage that does bear
the sentence out.
"""

from collections.abc import Sequence
from typing import Any

from knowledge.statements import MARK, bare_answer, cited, claim, complete, segments, states
from knowledge.support import Found, Support
from knowledge.words import has_cjk

MARKED, MARKED_ZH = "(⚠ not in the documents)", "（⚠ 文档中没有依据）"
NOTHING = "I could not find an answer to that in the documents."
NOTHING_ZH = "我在文档中没有找到这个问题的答案。"
LONGEST = 2_000  # characters that wait for the end of their sentence; a longer one is taken as it is


class CitedReply:
    """Takes a reply piece by piece, and gives it out sentence by sentence.

    Args:
        support: checks sentences.
        passages: the passages that the model was given, as :func:`knowledge.passages.numbered` makes them.
        drop: leave out what no passage bears out, instead of marking it; where nothing is left, say so.
        used: citations that earlier parts of the answer gave out; their numbers go on.
        chinese: the language of the reader, for what is said in place of a reply that was left out.
    """

    def __init__(
        self,
        support: Support,
        passages: Sequence[dict[str, Any]],
        drop: bool = False,
        used: Sequence[dict[str, Any]] = (),
        chinese: bool = False,
    ):
        self._support, self._passages, self._drop, self._chinese = support, passages, drop, chinese
        self._used = list(used)
        self._fresh: list[dict[str, Any]] = []
        self._waiting, self._pending = "", ""
        self._code = self._table = False
        self.supported = self.unsupported = 0

    def feed(self, piece: str) -> tuple[str, list[dict[str, Any]]]:
        """More of the reply.

        Returns:
            What can be shown by now, and the citations that are new in it.
        """
        self._waiting += piece
        ready = complete(self._waiting)
        if not ready and len(self._waiting) > LONGEST:
            ready = [self._waiting]
        self._waiting = self._waiting[sum(map(len, ready)) :]
        return self._out("".join(map(self._checked, ready)))

    def close(self, goes_on: bool = False) -> tuple[str, list[dict[str, Any]]]:
        """The end of the reply; as :meth:`feed`.

        Args:
            goes_on: the model speaks again in this turn, so that nothing is said in place of what was left out.
        """
        rest = "".join(map(self._checked, segments(self._waiting)))
        self._waiting = ""
        if self._drop and self.unsupported and not self.supported:
            instead = NOTHING_ZH if self._chinese else NOTHING
            self._pending, rest = "", "" if goes_on else instead
            self.unsupported = 0  # said once
        rest, self._pending = rest + self._pending, ""
        return self._out(rest)

    def _out(self, text: str) -> tuple[str, list[dict[str, Any]]]:
        fresh, self._fresh = self._fresh, []
        return text, fresh

    def _checked(self, sentence: str) -> str:
        """A sentence as it is shown; empty where it is left out, or waits for what its neighbours come to."""
        if sentence.lstrip().startswith("```"):
            self._code = not self._code
            return self._passed(sentence)
        row = sentence.lstrip().startswith("|")
        header, self._table = row and not self._table, row
        if self._code or header or not states(sentence):
            return self._passed(sentence if self._code else MARK.sub("", sentence))
        found = self._find(sentence)
        if found:
            self.supported += 1
            ready, self._pending = self._pending, ""
            return ready + _ending(
                MARK.sub("", sentence), "".join(f"[{self._number(each)}]" for each in found)
            )
        self.unsupported += 1
        if self._drop:
            self._pending = "" if bare_answer(self._pending) else self._pending
            return ""
        plain = MARK.sub("", sentence)
        return _ending(plain, MARKED_ZH if has_cjk(plain) else MARKED)

    def _passed(self, sentence: str) -> str:
        """What states nothing; before the first supported sentence of a reply that may lose some, it waits."""
        if not self._drop or (self.supported and not bare_answer(sentence)):
            ready, self._pending = self._pending, ""
            return ready + sentence
        self._pending += sentence
        return ""

    def _find(self, sentence: str) -> list[Found]:
        """What bears a sentence out: of the passages it cites, else of all."""
        said, numbers = claim(sentence), cited(sentence)
        named = [each for each in self._passages if each["number"] in numbers]
        return (named and self._support.find(said, named)) or self._support.find(said, self._passages)

    def _number(self, found: Found) -> int:
        """The number of a citation, which is a new one where its span has not been cited yet."""
        place = (found.passage["passage"], found.start, found.end)
        for each in self._used:
            if (each["passage"], each["start"], each["end"]) == place:
                return each["number"]
        new = {
            "number": max((each["number"] for each in self._used), default=0) + 1,
            "source": found.passage["source"],
            "title": found.passage["title"],
            "text": found.text,
            "score": round(found.score, 4),
            "start": found.start,
            "end": found.end,
            "passage": found.passage["passage"],
            **({"page": found.passage["page"]} if "page" in found.passage else {}),
        }
        self._used.append(new)
        self._fresh.append(new)
        return new["number"]


def _ending(sentence: str, mark: str) -> str:
    """A sentence with something behind it, before the white space or the last bar of a table's row at its end."""
    body = sentence.rstrip()
    space = sentence[len(body) :]
    if body.lstrip().startswith("|") and body.endswith("|"):
        return f"{body[:-1].rstrip()} {mark} |{space}"
    gap = "" if has_cjk(body[-2:]) else " "
    return f"{body}{gap}{mark}{space}"
