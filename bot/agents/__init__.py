"""The people who work in the console: accounts, passwords, sessions, and the audit trail of what they did."""
