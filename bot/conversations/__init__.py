"""One turn, end to end: the inbox records what happened, a worker runs `step` on it, `apply` writes down what was decided."""
