"""What text goes through at the border: cleaned when it comes in, cut into bubbles when it goes out.

Not for redaction (what a customer must not have written) and not for understanding (folding, spelling).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import regex

#: Marks that read as one line break, however the customer's phone writes it.
_LINE_BREAK = regex.compile(r"\r\n|[\r\x85\u2028\u2029]")
#: The invisible: control, format, private-use and surrogate characters. The first three alternatives are kept, because
#: without them an emoji falls apart: a flag of tags (Scotland), a joiner between two pictures, and line feed or tab.
_INVISIBLE = regex.compile(
    r"(\U0001F3F4[\U000E0020-\U000E007E]+\U000E007F"
    r"|(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d(?=\p{Extended_Pictographic})"
    r"|[\n\t])"
    r"|[\p{Cc}\p{Cf}\p{Co}\p{Cs}]"
)
#: Spaces that join what stands around them ("120 horas"): never a place to cut.
_NO_BREAK = frozenset("\u00a0\u2007\u202f")


def clean(text: str) -> str:
    """Free a text of what nobody can see: control, bidirectional, zero-width and private-use characters.

    Line feeds, tabs and all that an emoji is made of stay. Cleaning twice changes nothing more.
    """
    if text.isprintable():
        return text  # nearly every one: none of its characters is a line break, or of the kinds that nobody sees
    cleaned: str = _INVISIBLE.sub(r"\1", _LINE_BREAK.sub("\n", text))
    return cleaned


def utf16_units(text: str) -> int:
    """Length as WhatsApp's own clients and Twilio count it: most emoji are two or more."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True)
class _Gap:
    """White space between two words: clusters `start` to `end`, and how good a place to cut it is (more is better)."""

    start: int
    end: int
    worth: int


def bubbles(text: str, limit: int = 1500) -> list[str]:
    """Split a text into messages of at most `limit` UTF-16 units, each as full as its best kind of cut allows.

    Cuts between paragraphs, else lines, else sentences, else words, else characters, and never inside a grapheme
    cluster, unless a single cluster is longer than the limit. Only white space at a cut is lost. Blank text gives [].
    Raises ValueError for a limit below 2, into which one emoji would not fit.
    """
    if limit < 2:
        raise ValueError("a bubble holds at least 2 UTF-16 units")
    if utf16_units(text) <= limit:
        return [text] if text.strip() else []
    clusters = list(_clusters(text, limit))
    gaps = list(_gaps(clusters))
    parts: list[str] = []
    start = gaps[0].end if gaps and gaps[0].start == 0 else 0
    while start < len(clusters):
        end = _reach(clusters, start, limit)
        following = end
        if end < len(clusters):
            fitting = [gap for gap in gaps if start < gap.start <= end]
            if fitting:
                best = max(fitting, key=lambda gap: (gap.worth, gap.start))
                end, following = best.start, best.end
        part = "".join(clusters[start:end])
        parts += [part] if part.strip() else []
        start = following
    return parts


def _clusters(text: str, limit: int) -> Iterator[str]:
    """Grapheme clusters; one that no bubble could hold is taken apart into its characters."""
    for match in regex.finditer(r"\X", text):
        cluster: str = match.group()
        yield from cluster if utf16_units(cluster) > limit else (cluster,)


def _reach(clusters: list[str], start: int, limit: int) -> int:
    """Where a bubble from `start` has to end at the latest."""
    room = limit
    for index in range(start, len(clusters)):
        room -= utf16_units(clusters[index])
        if room < 0:
            return index
    return len(clusters)


def _gaps(clusters: list[str]) -> Iterator[_Gap]:
    index = 0
    while index < len(clusters):
        if not _is_space(clusters[index]):
            index += 1
            continue
        start, lines = index, 0
        while index < len(clusters) and _is_space(clusters[index]):
            lines += "\n" in clusters[index]
            index += 1
        ends_sentence = start > 0 and clusters[start - 1] in {".", "!", "?", "…"}
        yield _Gap(start, index, 1 + min(lines, 2) if lines else int(ends_sentence))


def _is_space(cluster: str) -> bool:
    return cluster.isspace() and cluster not in _NO_BREAK
