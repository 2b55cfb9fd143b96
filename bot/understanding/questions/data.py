"""What the files under `flows/understanding/` may hold: vocabulary, spelling, clauses and one file per label.

Only shapes are checked here; what the names refer to is checked by `compiling`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

DOCUMENTED = (
    "olvide_usuario",
    "olvide_clave",
    "usuario_nuevo_sin_credenciales",
    "espera_activacion",
    "ingreso_general",
    "cambiar_clave",
    "seguridad_correo_parcial",
)
REQUESTS = (*DOCUMENTED, "ticket_estado", "hablar_con_agente")
TURNS = ("saludo", "despedida_gracias", "menu", "volver", "cancelar")
UNCLEAR = "ambiguo"
OUTSIDE = "fuera_de_alcance"
LABELS = (*REQUESTS, *TURNS, UNCLEAR, OUTSIDE)


def _listed(value: object) -> object:
    """A list may be written as one string of words: easier to read and to extend."""
    return value.split() if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Strict(BaseModel):
    """Unknown keys are refused, so that a slip in a file is told and not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Concept(Strict):
    """One meaning and the words that carry it.

    A word may end in `*` (whatever begins so). A phrase is words in a row; in it `<name>` stands for any word of
    another concept, `..` for up to three words of any kind, `?` for a
    word that no concept knows and `$` for the end of the clause.
    """

    words: Words = ()
    phrases: tuple[str, ...] = ()
    negated: str = ""  #: the concept it turns into behind "no", "sin", "nunca"…: recordar → olvido
    lacking: str = ""  #: the concept added when a negator stands directly before it: "sin usuario" → falta
    passes: bool = False  #: the negation goes on to the next verb: "no puedo acordarme"
    exact: bool = False  #: no other spelling is taken for its words: names such as "dian" or "soi"
    alone: bool = False  #: the words of its phrases mean nothing else: "correo de acceso" is not a mail


class Vocabulary(Strict):
    """A file of concepts, such as objects.yaml."""

    concepts: dict[str, Concept]


class Rule(Strict):
    """Points for the file's label when the concepts stand as told. `a|b` = one of them."""

    name: str
    points: float = Field(gt=0, le=10)
    all: Words = ()  #: each must be in the window of clauses
    none: Words = ()  #: none may be in the window
    message: Words = ()  #: each must be somewhere in the message
    absent: Words = ()  #: none may be anywhere in the message
    only: Words = ()  #: every word of the message belongs to one of these
    span: Literal["clause", "pair", "message"] = "pair"  #: the widest window that the concepts may be spread over
    apart: bool = False  #: asks for something of its own even beside a label that absorbs this one
    gap: str = ""  #: the detail that the document leaves open
    candidates: Words = ()  #: what to offer when the label is `ambiguo`


class Label(Strict):
    """One label: its rules, whole messages that mean it, and the labels that add nothing beside it."""

    rules: tuple[Rule, ...] = ()
    examples: tuple[str, ...] = ()
    absorbs: Words = ()


class Spelling(Strict):
    """How words are written: short forms, common words never corrected, endings that a `*` word usually takes."""

    means: dict[str, str]
    known: Words
    endings: Words


class Clauses(Strict):
    """Where a clause ends and what denies it."""

    breaks: tuple[str, ...]
    additive: tuple[str, ...]  #: connectors that announce another request
    coordinators: Words  #: "y": ends a clause unless it joins two nouns
    nouns: Words  #: concepts that "y" joins without ending the clause
    silent: Words  #: words beside bridges that add nothing to a noun: "también", "de paso"
    courtesy: Words  #: words that say nothing about a request
    negators: Words
    bridges: Words  #: words that may stand between a negator and what it denies directly
