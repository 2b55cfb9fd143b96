"""Whole messages that stand beside a label as examples, used in two ways.

A message that says the same as an example gets its label. And the words and meanings of all examples together tell how
likely each label is (naive Bayes over what is present): that leans where no rule is sure, and doubts where a rule is
alone with its opinion. Both are counts over the data: nothing is trained that cannot be read back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from bot.understanding.questions.hearing import Heard, Language, listen, union
from bot.understanding.questions.words import ASKED, BREAK

LETTERS = 6  # of a word that count: endings tell little in Spanish
SMOOTHING = 0.1  # what a label gets for a feature that none of its examples has
CALM = 0.35  # words come in company, so each is believed less than if it stood alone

Feature = int | str


@dataclass(frozen=True, slots=True)
class Examples:
    """Examples by what they say, and for each feature how it speaks for each of `labels` (log-likelihoods)."""

    labels: tuple[str, ...]
    saying: dict[frozenset[str], tuple[str, str]]  #: gist → (label, sentence)
    speaking: dict[Feature, tuple[float, ...]]
    courtesy: frozenset[str]  #: words that say nothing about a request


@dataclass(frozen=True, slots=True)
class Leaning:
    """How likely the examples make each label (0 to 1), and the words that spoke most for the likeliest."""

    label: str
    likelihood: dict[str, float]
    words: tuple[str, ...]


def index_examples(phrases: Sequence[tuple[str, str]], language: Language, courtesy: frozenset[str]) -> Examples:
    """Count over (label, sentence) pairs."""
    labels = tuple(sorted({label for label, _ in phrases}))
    place = {label: at for at, label in enumerate(labels)}
    totals = [0] * len(labels)
    counts: dict[Feature, list[int]] = {}
    saying: dict[frozenset[str], tuple[str, str]] = {}
    for label, text in phrases:
        heard = listen(text, language)
        saying.setdefault(_gist(heard.words, courtesy), (label, text))
        totals[place[label]] += 1
        for feature in _features(heard):
            counts.setdefault(feature, [0] * len(labels))[place[label]] += 1
    absent = [_log_share(0, total) for total in totals]  # shared: most features are in the examples of few labels
    speaking = {
        feature: tuple(_log_share(n, totals[at]) if n else absent[at] for at, n in enumerate(found))
        for feature, found in counts.items()
    }
    return Examples(labels, saying, speaking, courtesy)


def _log_share(having: int, total: int) -> float:
    return log((having + SMOOTHING) / (total + 2 * SMOOTHING))


def same_saying(heard: Heard, examples: Examples) -> tuple[str, str] | None:
    """The label and sentence of an example that says the same, or None."""
    return examples.saying.get(_gist(heard.words, examples.courtesy))


def lean(heard: Heard, examples: Examples) -> Leaning | None:
    """How likely each label is, or None if no feature of the message was ever seen."""
    known = [(feature, examples.speaking[feature]) for feature in _features(heard) if feature in examples.speaking]
    if not known:
        return None
    sums = [CALM * sum(column) for column in zip(*(logs for _, logs in known), strict=True)]
    highest = max(sums)
    odds = [exp(value - highest) for value in sums]
    total = sum(odds)
    top = sums.index(highest)
    mean = len(examples.labels)
    telling = sorted(
        (sum(logs) / mean - logs[top], feature) for feature, logs in known if isinstance(feature, str) and " " not in feature
    )
    return Leaning(
        examples.labels[top],
        {label: value / total for label, value in zip(examples.labels, odds, strict=True)},
        tuple(word for _, word in telling[:3]),
    )


def _features(heard: Heard) -> set[Feature]:
    """Concepts by their bits, words by their first letters, and pairs of neighbours."""
    found: set[Feature] = set()
    whole = union(heard.whole)
    while whole:
        bit = whole & -whole
        found.add(bit)
        whole ^= bit
    before = ""
    for word in heard.words:
        if word not in (BREAK, ASKED):
            short = word[:LETTERS]
            found.add(short)
            found.add(f"{before} {short}")
            before = short
    return found


def _gist(words: Sequence[str], courtesy: frozenset[str]) -> frozenset[str]:
    """The words without courtesy, in any order; courtesy only if there is nothing else."""
    return frozenset(word[:LETTERS] for word in words if word not in courtesy) or frozenset(words)
