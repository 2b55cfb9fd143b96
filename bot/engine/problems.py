"""What is wrong with the flow files: the author's problems, listed all at once, each with its place and a way out."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class FlowProblem:
    """One problem, as an author reads it."""

    file: str
    line: int  #: counted from 1; 0 for the file as a whole
    node: str  #: the node, or the key, that it is about
    what: str
    hint: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.node}: {self.what}\n    {self.hint}" if self.node else f"{place}: {self.what}\n    {self.hint}"


class BrokenFlow(Exception):  # noqa: N818 (named for what it is: the flow is broken, nothing starts)
    """The flow cannot be used. `problems` holds everything that is wrong with it."""

    def __init__(self, problems: list[FlowProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
