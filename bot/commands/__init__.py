"""The commands of `soporte`, one file each: `add_arguments` says what it takes, `run` does it and returns the exit code."""
