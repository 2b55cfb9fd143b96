"""Nothing lost, nothing twice: the product is killed, stalled and starved; an oracle knows what customers must get all the same.

`python -m tests.crash --help` is the long run; `test_short_run.py` the one in `./test`. How it works: `README.md` here.
"""
