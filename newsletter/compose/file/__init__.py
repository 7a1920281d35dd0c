"""`issue.toml`: an `Issue` as the file that an editor reads and changes.

In comes an issue or the text of its file, out goes the other one (`write`, `read`).
`extend` adds what is new, and `set_value`, `move`, `drop`, `add`, `settle` and `waive` make one
change each; all of them keep every other byte as the editor left it.
"""

from newsletter.compose.file.edits import add, drop, move, set_value, settle, waive
from newsletter.compose.file.extending import extend
from newsletter.compose.file.reading import read
from newsletter.compose.file.writing import write

__all__ = ["add", "drop", "extend", "move", "read", "set_value", "settle", "waive", "write"]
