"""The feeder: a process that reads or derives the persons of one crowd, has them signed, and sends them to the engine in time.

It is a process of its own so that neither a file of many millions of rows nor a slow signer can hold up the engine.
"""

from rushproof.people.persons_file import PersonsFile, PersonsFileError
from rushproof.people.signer import Signer

__all__ = ["PersonsFile", "PersonsFileError", "Signer"]
