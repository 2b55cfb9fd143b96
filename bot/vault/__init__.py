"""Encryption at rest over the life of an installation: turned on, opened at every start, brought to another key."""
