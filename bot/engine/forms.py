"""Forms, as authors write them: fields once, forms as lists of fields. Each form becomes ordinary nodes.

    fields:
      correo: {type: email, label: Correo, text: ¿Cuál es el correo registrado?}
    forms:
      acceso:
        category: Ingreso
        fields: [nombre, correo, detalle]
        opened: Listo, tu solicitud es la *{ticket}*.

gives `acceso` (the consent), `acceso.nombre`, `acceso.correo`, `acceso.detalle`, `acceso.sirvio` (asked when the detail
is a documented case, which is explained first), `acceso.resumen` and `acceso.radicado`.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from bot.engine.nodes.base import Label, NodeName, Text


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldDefinition(_Part):
    """One question that forms can ask."""

    type: Label  #: a name in `bot/understanding/fields`, or `attachments`
    label: Label
    text: Text
    text_without_phone: Text | None = None
    skip: Label | None = None  #: these four: only for attachments
    done: Label | None = None
    received: Text | None = None
    waiting: Text | None = None


class ConsentDefinition(_Part):
    """The authorisation every form begins with."""

    version: Label
    text: Text
    accept: Label
    refuse: Label
    refused: NodeName


class SummaryDefinition(_Part):
    """How a draft is read back."""

    text: Text
    question: Text
    confirm: Label
    which: Text


class HelpedDefinition(_Part):
    """What is asked after a documented answer in the middle of a form."""

    text: Text
    if_yes: Label
    if_no: Label
    solved: NodeName


class FormDefinition(_Part):
    """A list of questions that ends in a ticket."""

    category: Label
    fields: Annotated[tuple[Label, ...], Field(min_length=1)]
    opened: Text


class Forms(_Part):
    """`flows/forms.yaml`."""

    consent: ConsentDefinition
    summary: SummaryDefinition
    helped: HelpedDefinition
    after: NodeName  #: where a conversation goes once a ticket is open
    fields: dict[str, FieldDefinition]
    forms: dict[str, FormDefinition]


def expand(forms: Forms) -> dict[str, dict[str, Any]]:
    """Node name → its data, for every form, as if the author had written each node out."""
    nodes: dict[str, dict[str, Any]] = {}
    for name, form in forms.forms.items():
        nodes |= _expand_form(name, form, forms)
    return nodes


def _expand_form(name: str, form: FormDefinition, forms: Forms) -> dict[str, dict[str, Any]]:
    asked = [field for field in form.fields if field in forms.fields]
    ways = [*(f"{name}.{field}" for field in asked), f"{name}.resumen"]
    detail = next((field for field in asked if forms.fields[field].type == "detail"), "")
    nodes: dict[str, dict[str, Any]] = {
        name: {"type": "consent", **forms.consent.model_dump(), "goto": ways[0]},
        **{
            f"{name}.{field}": _question(name, field, forms.fields[field], goto)
            for field, goto in zip(asked, ways[1:], strict=True)
        },
        f"{name}.resumen": {"type": "summary", **forms.summary.model_dump(), "fields": ways[:-1], "goto": f"{name}.radicado"},
        f"{name}.radicado": {
            "type": "open_ticket",
            "category": form.category,
            "text": form.opened,
            "fields": ways[:-1],
            "detail": detail,
            "goto": forms.after,
        },
    }
    if detail:
        after_detail = ways[asked.index(detail) + 1]
        nodes[f"{name}.{detail}"]["documented"] = f"{name}.sirvio"
        nodes[f"{name}.sirvio"] = _helped(forms.helped, after_detail)
    return nodes


def _question(form: str, name: str, field: FieldDefinition, goto: str) -> dict[str, Any]:
    data = field.model_dump(exclude_none=True)
    kind = data.pop("type")
    common = {"field": name, "goto": goto, "summary": f"{form}.resumen", **data}
    return {"type": "collect", **common} if kind == "attachments" else {"type": "ask", "kind": kind, **common}


def _helped(helped: HelpedDefinition, goto: str) -> dict[str, Any]:
    return {
        "type": "confirm",
        "text": helped.text,
        "if_yes": {"label": helped.if_yes, "goto": helped.solved},
        "if_no": {"label": helped.if_no, "goto": goto},
    }
