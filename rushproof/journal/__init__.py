"""The journal: the folder of one run, written while it goes on and read for as long as anybody asks.

Nothing below this room reads a run in any other way, so that an old run can be judged again on another machine, without its target.
"""

from rushproof.journal.actions import Actions, read_actions
from rushproof.journal.columns import check_columns
from rushproof.journal.hdr import hlog
from rushproof.journal.ledgers import Cut, columns_of, import_ledger
from rushproof.journal.reader import read
from rushproof.journal.readings import Readings
from rushproof.journal.run_file import read_manifest, write_manifest
from rushproof.journal.writer import Journal

__all__ = [
    "Actions", "Cut", "Journal", "Readings", "check_columns", "columns_of", "hlog", "import_ledger", "read", "read_actions",
    "read_manifest", "write_manifest",
]  # fmt: skip
