"""Words that mean the same wherever they stand: courtesies, numbers, "no sé". The shape of `flows/vocabulary/everyday.yaml`."""

from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from bot.understanding.phrases import Part, Phrases, compile_parts


def _refuse_unquoted(value: object) -> object:
    if isinstance(value, bool | int | float):
        raise PydanticCustomError(
            "unquoted", "write this word in quotes: without them YAML reads a number or a yes/no, not a word"
        )
    return value


#: One way of saying something, in one or several words; upper case and accents do not matter.
Phrase = Annotated[str, BeforeValidator(_refuse_unquoted), StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
PhraseList = tuple[Phrase, ...]


class WordFile(BaseModel):
    """A file of words. Unknown keys are refused, so that a slip in a file is told and not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


File = TypeVar("File", bound=WordFile)


class Everyday(WordFile):
    """What customers say besides the matter, and how they write numbers."""

    courtesy: PhraseList  #: please, thank you, hello, laughter: they change no answer
    address: PhraseList  #: forms of address ("veci"): nor do these, but some are surnames
    numbers: dict[Annotated[int, Field(ge=0, le=31)], PhraseList]
    ordinals: dict[Annotated[int, Field(ge=1, le=31)], PhraseList]
    dont_know: PhraseList  #: whole answers of somebody who does not have what was asked for
    dont_know_around: PhraseList

    @property
    def beside(self) -> PhraseList:
        """What may stand beside any answer."""
        return self.courtesy + self.address


def compile_everyday(vocabulary: Mapping[str, object]) -> Everyday:
    """Check `everyday` in the vocabulary (file stem → its YAML data). Raises ValueError."""
    return read_file(Everyday, vocabulary, "everyday")


def compile_dont_know(everyday: Everyday, asked: PhraseList) -> Phrases[Part]:
    """A table for `says`: "no me sé el NIT", where `asked` are the names of what was asked for."""
    return compile_parts(everyday.dont_know, everyday.dont_know_around + everyday.beside + asked)


def read_file(shape: type[File], vocabulary: Mapping[str, object], stem: str) -> File:
    """One file of `flows/vocabulary/`, checked. Raises ValueError if it is missing, ValidationError if its shape is wrong.

    The places of a ValidationError begin with the file's name.
    """
    if stem not in vocabulary:
        raise ValueError(f"flows/vocabulary/{stem}.yaml is missing")
    try:
        return shape.model_validate(vocabulary[stem])
    except ValidationError as error:
        details = [
            InitErrorDetails(
                type=PydanticCustomError("word_file", "{message}", {"message": detail["msg"]}),
                loc=(f"{stem}.yaml", *detail["loc"]),
                input=None,
            )
            for detail in error.errors()
        ]
        raise ValidationError.from_exception_data(shape.__name__, details) from None
