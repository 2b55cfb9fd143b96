"""From rules that held to one decision: the labels, what to ask when unclear, and why.

The strongest rule wins. A second request counts only when other clauses ask for it and the first label does not
already cover it. Rather than answer wrongly it asks back, and what nothing speaks for is out of scope.
"""

from dataclasses import dataclass

from bot.understanding.questions.data import DOCUMENTED, OUTSIDE, REQUESTS, UNCLEAR
from bot.understanding.questions.examples import Leaning, lean, same_saying
from bot.understanding.questions.hearing import Heard, listen
from bot.understanding.questions.knowledge import Knowledge
from bot.understanding.questions.rules import Fired, fire

SURE = 4.0  # points from which a rule decides; under it the examples are asked
SECOND = 5.0  # points that a second request needs
WIDER = 0.25  # what each further clause takes from a rule's points: near evidence is better evidence
LAST = 0.3  # what the last clause adds: a story ends with its request
CLEAR = 0.8  # likelihood from which the examples decide where no rule is sure
CERTAIN = 0.95  # the same where no rule says anything at all
DOUBT = 0.01  # likelihood under which a documented answer is not given without asking
TOGETHER = frozenset({"olvide_usuario", "olvide_clave"})  # "usuario y clave": one clause, two requests
MOST_OFFERED = 4  # a question with more answers than that is no short question
OFFERED = ("olvide_usuario", "olvide_clave", "usuario_nuevo_sin_credenciales", "espera_activacion")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: what kind of evidence, its name in the data, and the words of the message that carried it."""

    kind: str  #: matched, example, leaning (examples together), doubted (by the examples), outweighed (by a stronger rule)
    label: str
    rule: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} {self.label}/{self.rule}: {' '.join(self.words)}"


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a message asks for.

    `intents` is one label, two for two requests, or ("ambiguo",) with `candidates` to offer, or
    ("fuera_de_alcance",). `gap` names a detail that the document leaves open, or is "".
    """

    intents: tuple[str, ...]
    gap: str = ""
    reasons: tuple[Reason, ...] = ()
    candidates: tuple[str, ...] = ()


def understand(text: str, knowledge: Knowledge) -> Understanding:
    """What `text` asks for. Pure, bounded in time for any input."""
    heard = listen(text, knowledge.language)
    if not heard.clauses:
        return Understanding((OUTSIDE,))
    same = same_saying(heard, knowledge.examples)
    if same:
        return _as_example(same, heard, knowledge)
    fired = fire(knowledge.rules, heard.whole, [mask for masks in heard.masks for mask in masks])
    return _decide(fired, heard, knowledge)


def _as_example(same: tuple[str, str], heard: Heard, knowledge: Knowledge) -> Understanding:
    """What the example means; its rules are still heard, for the gap and the candidates that they name."""
    label, sentence = same
    fired = fire(knowledge.rules, heard.whole, [mask for masks in heard.masks for mask in masks])
    best = _best(fired, len(heard.clauses))
    gap = next((one.rule.gap for one in fired if one.rule.gap and one.rule.label == label), "")
    candidates = _candidates(best) if label == UNCLEAR else ()
    return Understanding((label,), gap, (Reason("example", label, sentence, tuple(heard.words)),), candidates)


def _strength(fired: Fired, clauses: int) -> float:
    return fired.rule.points - WIDER * (fired.width - 1) + (LAST if fired.last == clauses - 1 else 0.0)


def _best(fired: list[Fired], clauses: int) -> dict[str, Fired]:
    """The strongest rule of each label, the strongest label first."""
    best: dict[str, Fired] = {}
    for one in sorted(fired, key=lambda one: _strength(one, clauses), reverse=True):
        best.setdefault(one.rule.label, one)
    return best


def _decide(fired: list[Fired], heard: Heard, knowledge: Knowledge) -> Understanding:
    count = len(heard.clauses)
    best = _best(fired, count)
    top = next(iter(best.values()), None)
    leaning = lean(heard, knowledge.examples)
    if top is None or _strength(top, count) < SURE:
        return _unsure(leaning, best, heard)
    chosen = _chosen(best, top, heard, knowledge)
    labels = tuple(one.rule.label for one in chosen)
    if len(labels) == 1 and labels[0] in DOCUMENTED and leaning and leaning.likelihood.get(labels[0], 1.0) < DOUBT:
        agreed = best.get(leaning.label)
        if agreed is None or leaning.likelihood[leaning.label] < CERTAIN or _strength(agreed, count) < SECOND:
            return _doubted(top, leaning, best, heard)
        chosen, labels = [agreed], (leaning.label,)
    reasons = tuple(_reason("matched", one, heard) for one in chosen) + _outweighed(best, heard, set(labels))
    gap = next((one.rule.gap for one in fired if one.rule.gap and one.rule.label in labels), "")
    return Understanding(labels, gap, reasons, _candidates(best) if labels == (UNCLEAR,) else ())


def _unsure(leaning: Leaning | None, best: dict[str, Fired], heard: Heard) -> Understanding:
    """No rule is sure: what the examples say if they are clear, else ask if anything was recognised."""
    outweighed = _outweighed(best, heard, set())
    if leaning and leaning.likelihood[leaning.label] >= (CLEAR if best else CERTAIN):
        reasons = (_leaning_reason("leaning", leaning), *outweighed)
        if leaning.label in DOCUMENTED and not best:
            # Not a word of the matter itself was recognised, only company it often has: offered, not answered.
            return Understanding((UNCLEAR,), "", reasons, _short((leaning.label, *OFFERED)))
        return Understanding((leaning.label,), "", reasons, _candidates(best) if leaning.label == UNCLEAR else ())
    if not best:
        return Understanding((OUTSIDE,))
    return Understanding((UNCLEAR,), "", outweighed, _candidates(best))


def _doubted(top: Fired, leaning: Leaning, best: dict[str, Fired], heard: Heard) -> Understanding:
    """A rule answers, but no example supports it: ask instead of answering wrongly."""
    offered = (top.rule.label, leaning.label)
    reasons = (_reason("doubted", top, heard), _leaning_reason("leaning", leaning))
    candidates = (*(label for label in offered if label in DOCUMENTED), *_candidates(best))
    return Understanding((UNCLEAR,), reasons=reasons, candidates=_short(candidates))


def _leaning_reason(kind: str, leaning: Leaning) -> Reason:
    return Reason(kind, leaning.label, f"examples {leaning.likelihood[leaning.label]:.2f}", leaning.words)


def _chosen(best: dict[str, Fired], top: Fired, heard: Heard, knowledge: Knowledge) -> list[Fired]:
    """The strongest rule and, if there is one, that of the second request; in the order of the message."""
    if top.rule.label not in REQUESTS and top.rule.label != OUTSIDE:
        return [top]
    count = len(heard.clauses)
    chosen = top
    others = [one for label, one in best.items() if label in {*REQUESTS, OUTSIDE} and one is not top]
    for other in others:
        if _absorbs(other, chosen, knowledge) and _strength(other, count) >= SECOND and not _added(chosen, other, heard):
            chosen = other
    others = [one for one in (top, *others) if one is not chosen]
    for other in sorted(others, key=lambda one: _strength(one, count), reverse=True):
        if _strength(other, count) >= SECOND and _beside(chosen, other, heard, knowledge):
            return sorted((chosen, other), key=lambda one: (one.first, one.last))
    return [chosen]


def _beside(first: Fired, second: Fired, heard: Heard, knowledge: Knowledge) -> bool:
    """Whether both are requests of their own."""
    labels = {first.rule.label, second.rule.label}
    if labels == TOGETHER:
        return True
    if first.first <= second.last and second.first <= first.last:
        return False
    if OUTSIDE in labels or _absorbs(first, second, knowledge) or _absorbs(second, first, knowledge):
        return _added(first, second, heard)
    return True


def _absorbs(one: Fired, other: Fired, knowledge: Knowledge) -> bool:
    return other.rule.label in knowledge.absorbs[one.rule.label] and not other.rule.apart


def _added(first: Fired, second: Fired, heard: Heard) -> bool:
    """Whether a connector such as "y también" stands between the two."""
    earlier, later = sorted((first, second), key=lambda one: one.first)
    return any(clause.added for clause in heard.clauses[earlier.last + 1 : later.last + 1])


def _candidates(best: dict[str, Fired]) -> tuple[str, ...]:
    """What to offer: documented labels that a weaker rule speaks for, then those of the rule that could not decide."""
    weaker = tuple(label for label in best if label in DOCUMENTED)
    unclear = best.get(UNCLEAR)
    offered = unclear.rule.candidates if unclear and unclear.rule.candidates else OFFERED
    return _short((*weaker, *offered))


def _short(candidates: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(candidates))[:MOST_OFFERED]


def _outweighed(best: dict[str, Fired], heard: Heard, labels: set[str]) -> tuple[Reason, ...]:
    return tuple(_reason("outweighed", one, heard) for label, one in best.items() if label not in labels)


def _reason(kind: str, fired: Fired, heard: Heard) -> Reason:
    wanted = fired.rule.wanted
    words = []
    for at in range(len(heard.clauses)) if fired.rule.message else range(fired.first, fired.last + 1):
        clause = heard.clauses[at]
        said = zip(heard.words[clause.first : clause.end], heard.masks[at], strict=True)
        words += [word for word, mask in said if mask & wanted]
    return Reason(kind, fired.rule.label, fired.rule.name, tuple(words))
