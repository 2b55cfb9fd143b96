"""The rules, pure: inputs go in, `step` decides, effects come out. No input or output, no clock, no database."""
