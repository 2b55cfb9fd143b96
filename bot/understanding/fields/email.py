"""An e-mail address, typed or dictated ("juan arroba gmail punto com"). Syntax only: nothing is looked up.

Accepted: the address in lower case, as typed. A domain that looks mistyped (gmial.com) comes with the likely address as
`suggestion`; an ending that does not exist (.con) is refused with it. Note: `dictated`.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from email_validator import EmailSyntaxError, validate_email
from rapidfuzz.distance import OSA

from bot.understanding.everyday import PhraseList, WordFile, compile_dont_know, compile_everyday, read_file
from bot.understanding.fields.base import Accepted, Field, Reader, Refused, shown
from bot.understanding.folding import fold
from bot.understanding.phrases import Part, Phrases, says, words_of

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"/|@]*@[^\s<>()\[\],;:\"/|@]*")
_PLAIN = re.compile(r"[a-z0-9._%+&'-]+@[a-z0-9.-]+")
_MASKED = re.compile(r"[*•●]|##|\.{3,}@|x{4,}@|_{4,}@")
_SPLIT_DOMAIN = re.compile(r"[a-z0-9-]+(?: [a-z0-9-]+){1,2}\.[a-z]{2}")
_WORDS_BEFORE = re.compile(r"(?:[^\W_]+ )+$")
_AROUND_AT = re.compile(r" ?@ ?")
_SPACED_ENDING = re.compile(r"(?<=[a-z0-9])(?: \.|\. | \. )(?=(?:com|co|net|org|edu|gov)\b)")


class EmailData(WordFile):
    """The shape of `flows/vocabulary/email.yaml`."""

    names: PhraseList  #: what the address is called
    lead_in: PhraseList  #: words that stand before an address and are no part of it
    at: PhraseList
    dot: PhraseList
    underscore: PhraseList
    hyphen: PhraseList
    nothing: PhraseList  #: spoken, but not part of it: "todo pegado"
    known_domains: PhraseList  #: mistyped often; a domain near one of these is asked about
    real_domains: PhraseList  #: near a known one, and right as they are
    meant: dict[str, str]  #: mistyped domain → the known one, where the letters alone do not tell
    wrong_endings: PhraseList  #: top-level domains that do not exist but are typed for one that does
    no_address: PhraseList  #: whole answers of somebody without an address


@dataclass(frozen=True)
class _Words:
    lead_in: frozenset[str]
    numbers: Mapping[str, str]
    spoken: tuple[tuple[re.Pattern[str], str], ...]
    known_domains: tuple[str, ...]
    real_domains: frozenset[str]
    meant: Mapping[str, str]
    wrong_endings: frozenset[str]
    dont_know: Phrases[Part]


def compile_reader(vocabulary: Mapping[str, object]) -> Reader:
    """A reader with the words of `email` and `everyday`. Raises ValueError for unusable data."""
    data = read_file(EmailData, vocabulary, "email")
    everyday = compile_everyday(vocabulary)
    signs = {"@": data.at, "_": data.underscore, "-": data.hyphen, ".": data.dot, " ": data.nothing}
    lead_in = (*data.names, *data.lead_in, *everyday.beside)
    words = _Words(
        lead_in=frozenset(word for phrase in lead_in for word in words_of(phrase)),
        numbers={fold(said): str(number) for number, phrases in everyday.numbers.items() for said in phrases},
        spoken=tuple((_spoken(phrases), sign) for sign, phrases in signs.items()),
        known_domains=data.known_domains,
        real_domains=frozenset(data.known_domains) | frozenset(data.real_domains),
        meant=data.meant,
        wrong_endings=frozenset(data.wrong_endings),
        dont_know=compile_dont_know(everyday.model_copy(update={"dont_know": everyday.dont_know + data.no_address}), data.names),
    )
    return lambda text, _: _read(text, words)


def _read(text: str, words: _Words) -> Accepted | Refused:
    if says(words_of(text), words.dont_know):
        return Refused("email.unknown")
    folded = fold(text)
    typed = _SPACED_ENDING.sub(".", _AROUND_AT.sub("@", folded.replace("mailto:", " ")))
    addresses = _addresses(typed)
    if not addresses:
        return _judge_dictated(folded, words)
    outcome = _judge_typed(addresses, text, typed, words)
    if isinstance(outcome, Refused) and outcome.reason == "email.no_ending":  # "ana@gmail punto com"
        dictated = _judge_dictated(folded, words)
        return dictated if isinstance(dictated, Accepted) else outcome
    return outcome


def _judge_dictated(folded: str, words: _Words) -> Accepted | Refused:
    addresses = _addresses(_dictated(folded, words))
    if not addresses:
        return Refused("email.no_at")
    outcome = _judge(addresses[0], words) if len(addresses) == 1 else Refused("email.two_addresses")
    return Accepted(outcome.value, "dictated", outcome.suggestion) if isinstance(outcome, Accepted) else outcome


def _addresses(text: str) -> list[str]:
    """What holds an @, freed of the marks around it; each once."""
    return list(dict.fromkeys(_bare(found) for found in _ADDRESS.findall(text)))


def _bare(address: str) -> str:
    for mark in ("*", "_", "~", "'", "`"):
        if len(address) > 1 and address.startswith(mark) and address.endswith(mark):
            address = address[1:-1]
    return address.rstrip(".!?'*").lstrip("¿¡'").removesuffix("-")


def _judge_typed(addresses: list[str], text: str, typed: str, words: _Words) -> Accepted | Refused:
    if any(address.startswith("@") or address.endswith("@") for address in addresses) and len(addresses) > 1:
        return Refused("email.not_valid")
    if len(addresses) > 1:
        return Refused("email.two_addresses")
    [address] = addresses
    if "," in typed and (comma := re.search(re.escape(address) + r", ?(?=(?:com|co|net|org|es|edu|gov)\b)", typed)):
        return Refused("email.comma", {"suggestion": shown(address + "." + typed[comma.end() :].partition(" ")[0].strip(".,"))})
    if "@" in text and _wrote_accents(text, address):
        return Refused("email.accents", {"suggestion": shown(address)})
    if (joined := _name_apart(address, typed, words)) is not None:
        return Refused("email.spaces", {"suggestion": shown(joined)})
    return _judge(address, words)


def _wrote_accents(text: str, address: str) -> bool:
    visible = (c for c in unicodedata.normalize("NFKC", text).lower() if not c.isspace() and unicodedata.category(c) != "Cf")
    compact = "".join(visible)
    return address not in compact and address in fold(compact)


def _name_apart(address: str, typed: str, words: _Words) -> str | None:
    """The address with what may belong to it: one or two words right before it that lead nowhere ("juan perez@…")."""
    match = _WORDS_BEFORE.search(typed.partition(address)[0])
    apart: list[str] = []
    for word in reversed(match[0].split() if match else []):
        if word in words.lead_in:
            break
        apart.insert(0, word)
    # Three words are a sentence, and in "laura laura@gmail.com" the name was said before.
    if not 1 <= len(apart) <= 2 or apart[-1] in address:
        return None
    return "".join(apart) + address


def _judge(address: str, words: _Words) -> Accepted | Refused:
    local, _, domain = address.partition("@")
    if _MASKED.search(address):
        return Refused("email.masked")
    ending = domain.rpartition(".")[2]
    likely = _likely_domain(domain, words)
    if local and domain and "." not in domain:
        return Refused("email.no_ending", {"suggestion": shown(f"{local}@{likely or domain + '.com'}")})
    if ending in words.wrong_endings or (ending and not (ending.isalpha() or ending.isdigit())):
        likely = likely or f"{domain.rpartition('.')[0]}.com"
        return Refused("email.wrong_ending", {"ending": ending, "suggestion": shown(f"{local}@{likely}")})
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailSyntaxError:
        return Refused("email.not_valid")
    if not _PLAIN.fullmatch(address):
        return Refused("email.not_valid")
    return Accepted(address, suggestion=f"{local}@{likely}" if likely and likely != domain else "")


def _likely_domain(domain: str, words: _Words) -> str | None:
    """The well-known domain this one is a slip away from, if any; not for domains that are right as they are."""
    if domain in words.real_domains:
        return None
    if domain in words.meant:
        return words.meant[domain]
    near = {known: OSA.distance(domain, known, score_cutoff=2) for known in words.known_domains}
    best = min(near, key=lambda known: (near[known], known))
    # Two slips are too many for a short name: "mai.co" may be anybody's.
    return best if near[best] <= (2 if len(domain) >= 9 else 1) else None


def _dictated(folded: str, words: _Words) -> str:
    """The text with its spoken signs as signs, and the words they join written together."""
    for pattern, sign in words.spoken:
        folded = pattern.sub(sign, folded)
    folded = re.sub(r" ?([@_-]) ?", r"\1", re.sub(r"(?<=\S) ?\. ?(?=\S)", ".", folded))
    before, at, after = folded.partition("@")
    local = before.split(" ")
    while len(local) > 1 and (not local[0] or all(word in words.lead_in for word in words_of(local[0]))):
        local.pop(0)
    apart = _SPLIT_DOMAIN.match(after)
    domain = apart[0].replace(" ", "") + after[apart.end() :] if apart else after
    return "".join(words.numbers.get(word, word) for word in local) + at + domain


def _spoken(phrases: PhraseList) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(fold(phrase)) for phrase in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"[(\[]?(?<![^\W_])(?:{alternatives})(?![^\W_])[)\]]?")


EMAIL = Field(
    compile=compile_reader,
    reasons={
        "email.unknown": frozenset(),
        "email.no_at": frozenset(),
        "email.masked": frozenset(),
        "email.two_addresses": frozenset(),
        "email.accents": frozenset({"suggestion"}),
        "email.spaces": frozenset({"suggestion"}),
        "email.comma": frozenset({"suggestion"}),
        "email.no_ending": frozenset({"suggestion"}),
        "email.wrong_ending": frozenset({"ending", "suggestion"}),
        "email.not_valid": frozenset(),
    },
    examples=("juan@gmail.com", "juan arroba gmail punto com"),
)
