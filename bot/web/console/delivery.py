"""Why a message did not arrive, in the agents' words: read from `flows/delivery.yaml`, where anyone can edit them."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Reasons(BaseModel):
    """One sentence per error number, and two for the rest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unlisted: Sentence
    unnumbered: Sentence
    reasons: dict[int, Sentence]

    def reason(self, error_code: int | None) -> str:
        """The sentence for an error number, for one that is not listed, or for a failure without any."""
        if error_code is None:
            return self.unnumbered
        return self.reasons.get(error_code, self.unlisted)


def load(file: Path) -> Reasons:
    """Read the sentences. Raises OSError, yaml.YAMLError, and pydantic.ValidationError naming what is missing or unknown."""
    return Reasons.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
