"""Backups: all of an installation in one file, the same from SQLite and from PostgreSQL, and good for either."""
