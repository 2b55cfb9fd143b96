"""Customers' files: fetched from the provider with care, kept under names of our own, and shown to agents as previews.

Files that agents send stand here too. Nothing in a file is believed: not its name, not its type, not its address.
"""
