"""A scenario in, a run folder out: the target, the load, the ledgers and the judgement, one after the other.

`story.run` is what the command, and anything else that wants a run, calls; every other file here is one thing the story needs.
"""
