"""The transcript and the outbox: every message in both directions, and how far the outgoing ones got."""
