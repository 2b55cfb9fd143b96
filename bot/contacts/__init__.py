"""Who writes to us: a person behind one or more addresses, and what that person agreed to."""
