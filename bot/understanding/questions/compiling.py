"""From the loaded files to `Knowledge`: names resolved to bits, spellings indexed, every problem named by its file."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from bot.understanding.folding import fold
from bot.understanding.questions.clauses import Borders
from bot.understanding.questions.data import LABELS, Clauses, Concept, Label, Rule, Spelling, Vocabulary
from bot.understanding.questions.examples import index_examples
from bot.understanding.questions.hearing import Language
from bot.understanding.questions.knowledge import Knowledge
from bot.understanding.questions.rules import CompiledRule
from bot.understanding.questions.signals import Beginnings, Element, Meanings, Phrase
from bot.understanding.questions.words import AN_EMAIL, ASKED, BREAK, MASKED, Speller, shortenings, sound_of

SPANS = {"clause": 1, "pair": 2, "message": 3}
Model = TypeVar("Model", bound=BaseModel)


class KnowledgeError(ValueError):
    """The files do not fit together. `problems` tells each as (file name, what is wrong)."""

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{file}: {what}" for file, what in self.problems))


def compile_knowledge(data: Mapping[str, object]) -> Knowledge:
    """Compile `{file name: parsed YAML}` of `flows/understanding/`.

    Raises `KnowledgeError` with every problem found.
    """
    problems: list[tuple[str, str]] = []
    files = {PurePosixPath(name).stem: (name, parsed) for name, parsed in data.items()}
    spelling = _load(files, "spelling", Spelling, problems)
    clauses = _load(files, "clauses", Clauses, problems)
    labels = {label: _load(files, label, Label, problems) for label in LABELS}
    others = sorted(set(files) - set(LABELS) - {"spelling", "clauses"})
    vocabularies = {name: _load(files, name, Vocabulary, problems) for name in others}
    if problems or spelling is None or clauses is None:
        raise KnowledgeError(problems)
    loaded = {label: model for label, model in labels.items() if model is not None}
    concepts = _concepts({files[n][0]: v for n, v in vocabularies.items() if v is not None}, problems)
    bits = {name: 1 << at for at, (_, name, _) in enumerate(concepts)}
    meanings = _meanings(concepts, bits, clauses, problems)
    rules = tuple(_rules({files[label][0]: (label, model) for label, model in loaded.items()}, bits, problems))
    nouns = _mask(clauses.nouns, bits, files["clauses"][0], problems)
    courtesy = frozenset((BREAK, ASKED, *map(fold, clauses.courtesy)))
    for label, model in loaded.items():
        problems += [(files[label][0], f"absorbs: no label {name!r}") for name in model.absorbs if name not in LABELS]
    if problems:
        raise KnowledgeError(problems)
    language = Language(_speller(spelling, concepts, clauses, loaded.values()), meanings, _borders(clauses, nouns))
    absorbs = {label: frozenset(model.absorbs) for label, model in loaded.items()}
    phrases = [(label, example) for label, model in loaded.items() for example in model.examples]
    return Knowledge(language, rules, absorbs, index_examples(phrases, language, courtesy))


def _load(
    files: Mapping[str, tuple[str, object]], name: str, model: type[Model], problems: list[tuple[str, str]]
) -> Model | None:
    if name not in files:
        problems.append((f"{name}.yaml", "is missing"))
        return None
    file, parsed = files[name]
    try:
        return model.model_validate(parsed)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            where = ".".join(str(part) for part in problem["loc"])
            problems.append((file, f"{where}: {problem['msg']}"))
        return None


def _concepts(vocabularies: Mapping[str, Vocabulary], problems: list[tuple[str, str]]) -> list[tuple[str, str, Concept]]:
    """All concepts as (file, name, concept); a name stands in one file only."""
    found: dict[str, tuple[str, str, Concept]] = {}
    for file, vocabulary in vocabularies.items():
        for name, concept in vocabulary.concepts.items():
            if name in found:
                problems.append((file, f"{name}: stands in {found[name][0]} already"))
            found[name] = (file, name, concept)
    return list(found.values())


def _mask(names: Iterable[str], bits: Mapping[str, int], where: str, problems: list[tuple[str, str]]) -> int:
    mask = 0
    for name in names:
        for one in name.split("|"):
            if one in bits:
                mask |= bits[one]
            else:
                problems.append((where, f"no concept {one!r}"))
    return mask


def _meanings(
    concepts: list[tuple[str, str, Concept]], bits: Mapping[str, int], clauses: Clauses, problems: list[tuple[str, str]]
) -> Meanings:
    exact: dict[str, int] = {}
    stems: dict[str, int] = {}
    turned: dict[int, int] = {0: 0}
    lacking: dict[int, int] = {0: 0}
    passes = 0
    phrases: list[Phrase] = []
    for file, name, concept in concepts:
        bit = bits[name]
        for word in map(fold, concept.words):
            table, key = (stems, word[:-1]) if word.endswith("*") else (exact, word)
            if table is stems and len(key) < 3:
                problems.append((file, f"{name}: {word!r} needs three letters before the star"))
            table[key] = table.get(key, 0) | bit
        for changes, becomes in ((turned, concept.negated), (lacking, concept.lacking)):
            if becomes:
                changes[bit] = _mask([becomes], bits, file, problems)
                changes[0] |= bit
        passes |= bit if concept.passes else 0
        phrases += [_phrase(text, bit, concept, bits, (file, problems)) for text in concept.phrases]
    by_word, by_concept = _by_first(phrases)
    negators, bridges = frozenset(map(fold, clauses.negators)), frozenset(map(fold, clauses.bridges))
    may_begin = 0
    for mask, _ in by_concept:
        may_begin |= mask
    return Meanings(dict(bits), exact, stems, by_word, by_concept, negators, bridges, turned, lacking, passes, may_begin)


def _phrase(text: str, bit: int, concept: Concept, bits: Mapping[str, int], told: tuple[str, list[tuple[str, str]]]) -> Phrase:
    elements: list[Element] = []
    gap = False
    for part in text.split():
        if part == "..":
            gap = True
            continue
        if part in "$?":
            elements.append(Element(last=part == "$", unknown=part == "?"))
            continue
        if part.startswith("<"):
            elements.append(Element(mask=_mask([part.strip("<>")], bits, told[0], told[1]), gap=gap))
        else:
            word = fold(part)
            elements.append(Element(word=word.rstrip("*"), begins=word.endswith("*"), gap=gap))
        gap = False
    if not elements or elements[0].begins or elements[0].gap or elements[0].last:
        told[1].append((told[0], f"phrase {text!r}: must begin with a whole word or a concept"))
    needs = next((element.word for element in reversed(elements[1:]) if element.word and not element.begins), "")
    return Phrase(tuple(elements), bit, concept.alone, needs)


def _by_first(phrases: list[Phrase]) -> tuple[dict[str, Beginnings], tuple[tuple[int, Beginnings], ...]]:
    words: dict[str, list[Phrase]] = {}
    masks: dict[int, list[Phrase]] = {}
    for phrase in phrases:
        if not phrase.elements:
            continue
        if phrase.elements[0].mask:
            masks.setdefault(phrase.elements[0].mask, []).append(phrase)
        else:
            words.setdefault(phrase.elements[0].word, []).append(phrase)
    return (
        {word: _beginnings(found) for word, found in words.items()},
        tuple((mask, _beginnings(found)) for mask, found in masks.items()),
    )


def _beginnings(phrases: list[Phrase]) -> Beginnings:
    by_next: dict[str, list[Phrase]] = {}
    others: list[Phrase] = []
    for phrase in phrases:
        follows = phrase.elements[1] if len(phrase.elements) > 1 else None
        if follows and follows.word and not (follows.begins or follows.gap):
            by_next.setdefault(follows.word, []).append(phrase)
        else:
            others.append(phrase)
    return Beginnings({word: tuple(found) for word, found in by_next.items()}, tuple(others))


def _rules(
    labels: Mapping[str, tuple[str, Label]], bits: Mapping[str, int], problems: list[tuple[str, str]]
) -> Iterator[CompiledRule]:
    for file, (label, model) in labels.items():
        for rule in model.rules:
            yield _rule(rule, label, bits, file, problems)


def _rule(rule: Rule, label: str, bits: Mapping[str, int], file: str, problems: list[tuple[str, str]]) -> CompiledRule:
    where = f"{file}: {rule.name}"
    problems += [(where, f"candidates: no label {name!r}") for name in rule.candidates if name not in LABELS]
    if not (rule.all or rule.message or rule.only):
        problems.append((where, "needs all, message or only"))
    return CompiledRule(
        name=rule.name,
        label=label,
        points=rule.points,
        all=tuple(_mask([name], bits, where, problems) for name in rule.all),
        none=_mask(rule.none, bits, where, problems),
        message=tuple(_mask([name], bits, where, problems) for name in rule.message),
        absent=_mask(rule.absent, bits, where, problems),
        only=_mask(rule.only, bits, where, problems),
        span=SPANS[rule.span],
        apart=rule.apart,
        gap=rule.gap,
        candidates=rule.candidates,
    )


def _borders(clauses: Clauses, nouns: int) -> Borders:
    connectors: dict[str, list[tuple[tuple[str, ...], bool]]] = {}
    for texts, announces in ((clauses.breaks, False), (clauses.additive, True)):
        for text in texts:
            phrase = tuple(fold(text).split())
            connectors.setdefault(phrase[0], []).append((phrase, announces))
    bridges = frozenset(map(fold, clauses.bridges))
    return Borders(
        {word: tuple(sorted(found, key=lambda c: -len(c[0]))) for word, found in connectors.items()},
        frozenset(map(fold, clauses.coordinators)),
        nouns,
        bridges,
        bridges | frozenset(map(fold, clauses.silent)),
    )


def _speller(spelling: Spelling, concepts: list[tuple[str, str, Concept]], clauses: Clauses, labels: Iterable[Label]) -> Speller:
    """Words of the vocabulary may be what was meant; common words and words of examples are only right as they stand."""
    named = {fold(word) for _, _, concept in concepts if concept.exact for word in concept.words}
    listed = [fold(word) for _, _, concept in concepts if not concept.exact for word in concept.words]
    stems = [word[:-1] for word in listed if word.endswith("*")]
    whole = [word for word in listed if not word.endswith("*")]
    spoken = [text for _, _, concept in concepts for text in concept.phrases]
    phrased = {w for text in spoken for w in fold(text).split() if w.isalpha()}
    meant = {*whole, *(stem + ending for stem in stems for ending in spelling.endings), *phrased}
    # One example may be misspelled; a word that several examples have is a word.
    seen = Counter(w for label in labels for text in label.examples for w in set(fold(text).split()) if w.isalpha())
    examples = {word for word, times in seen.items() if times > 2}
    means = {fold(short): tuple(fold(full).split()) for short, full in spelling.means.items()}
    right = {*meant, *named, *examples, *map(fold, spelling.known), *map(fold, clauses.negators), *map(fold, clauses.bridges)}
    right |= {MASKED, AN_EMAIL, BREAK, ASKED}
    long = sorted(word for word in meant if len(word) >= 4 and word.isalpha())
    sounding: dict[str, str] = {}
    for word in long:
        sounding.setdefault(sound_of(word), word)
    return Speller(means, frozenset(right), sounding, shortenings(long))
