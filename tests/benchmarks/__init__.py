"""Benchmarks: run by hand, never by `./test`. Each prints a table; what is compared is measured in the same run."""
