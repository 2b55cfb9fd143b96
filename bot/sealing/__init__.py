"""What is encrypted at rest: the keys, what they make of a value, and the types of the columns that hold such values."""
