"""Tickets: what a customer asked for, in a form an agent can work on. `lifecycle` says how a ticket may move."""
