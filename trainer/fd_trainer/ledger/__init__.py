"""The ledger of a run: every attempt, verdict, remark and cost, appended and never paid for twice.

lines     one record per line, with a checksum over it
log       the file: appended and synced, torn ends cut, corrupt lines named and set aside
records   rollouts and words of the audit as records, and back, exactly
ledger    what a run asks: is this attempt, this verdict, this remark known already?

JSON Lines and not SQLite: a line that is damaged costs that line and is named by its number, any tool
can read the file, an append is one write and one sync, and nothing is ever looked up but by one key.
"""

from fd_trainer.ledger.ledger import PREFLIGHT, WITH_FEEDBACK, AttemptKey, Ledger, remark_key
from fd_trainer.ledger.log import LedgerError

__all__ = ["PREFLIGHT", "WITH_FEEDBACK", "AttemptKey", "Ledger", "LedgerError", "remark_key"]
