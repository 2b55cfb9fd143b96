"""A numbered menu."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.engine.answers import option
from bot.engine.inputs import MessageReceived
from bot.engine.nodes.base import Label, Node, NodeName, Text
from bot.engine.turn import Turn


class Option(BaseModel):
    """One line of a menu."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Label
    goto: NodeName


class Menu(Node):
    """Offer numbered options and take the number, the words, or a tap.

    menu.ingreso:
      type: menu
      text: ¿Qué necesitas?
      options:
        - {label: Olvidé mi usuario, goto: olvide_usuario}
        - {label: Hablar con un asesor, goto: asesor}
    """

    type: Literal["menu"]
    text: Text
    options: Annotated[tuple[Option, ...], Field(min_length=1, max_length=10)]

    def leads_to(self) -> Mapping[str, str]:
        """One way for each option: `option_1`, `option_2`, …"""
        return {f"option_{number}": line.goto for number, line in enumerate(self.options, 1)}

    def texts(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """The question and every label."""
        yield "text", self.text, frozenset()
        for number, line in enumerate(self.options):
            yield f"options.{number}.label", line.label, frozenset()

    def enter(self, turn: Turn) -> str | None:
        """Show the options. The way back is shown wherever there is one."""
        lines = [f"*{number}.* {line.label}" for number, line in enumerate(self.options, 1)]
        if turn.flow.back.get(turn.state):
            lines.append(turn.flow.phrases["menu_back"])
        turn.say("{menu}", {"menu": "\n".join([self.text, "", *lines])})
        return None

    def read(self, said: MessageReceived, turn: Turn) -> str | None:
        """A number, an option's words, or a tapped button whose id is the option's number."""
        number = option(said, [line.label for line in self.options], turn)
        return None if number is None else f"option_{number}"
