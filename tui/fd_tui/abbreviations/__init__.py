"""Unicode abbreviations as Lean users type them: `\\to` becomes →, as in vscode-lean4. No screen.

The table, `abbreviations.json`, is that of @leanprover/unicode-input 0.1.9 (Apache-2.0, the
vscode-lean4 contributors); see NOTICE beside it. `scripts/abbreviations.py` makes it.
"""

from fd_tui.abbreviations.keystrokes import Keystroke, Typing
from fd_tui.abbreviations.table import CURSOR, LEADER, Table, lean_table

__all__ = ["CURSOR", "LEADER", "Keystroke", "Table", "Typing", "lean_table"]
