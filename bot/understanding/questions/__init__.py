"""Questions → documented cases: what a customer's message asks for, with the reasons. Pure and deterministic.

    knowledge = compile_knowledge({"olvide_clave.yaml": {...}, ...})   # once, from flows/understanding/
    understand("se me olvidó la clave", knowledge).intents             # ("olvide_clave",)

words → clauses → signals → rules and examples → deciding; `data` tells what the files may hold.
"""

from bot.understanding.questions.compiling import KnowledgeError, compile_knowledge
from bot.understanding.questions.data import DOCUMENTED, LABELS, OUTSIDE, UNCLEAR
from bot.understanding.questions.deciding import Reason, Understanding, understand
from bot.understanding.questions.knowledge import Knowledge

__all__ = [
    "DOCUMENTED",
    "LABELS",
    "OUTSIDE",
    "UNCLEAR",
    "Knowledge",
    "KnowledgeError",
    "Reason",
    "Understanding",
    "compile_knowledge",
    "understand",
]
