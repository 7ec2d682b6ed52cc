"""Makes the table of Unicode abbreviations from the npm package that vscode-lean4 is built on.

`python scripts/abbreviations.py` fetches it with `npm pack`. The table keeps the package's order: of
abbreviations of one length the first wins, there as here.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE, VERSION = "@leanprover/unicode-input", "0.1.9"
FOLDER = Path(__file__).parent.parent / "tui" / "fd_tui" / "abbreviations"
NOTICE = """\
abbreviations.json is the table of {package} {version} ({licence}),
Copyright (c) the vscode-lean4 contributors, https://github.com/leanprover/vscode-lean4
(folder lean4-unicode-input). Made by scripts/abbreviations.py; only its layout was changed.
The licence's text is in the file LICENSE of this distribution.
"""


def main() -> None:
    """Fetch, check, write."""
    files = fetched()
    about = json.loads(files["package/package.json"])
    table = json.loads(files["package/dist/abbreviations.json"])
    if (about["version"], about["license"]) != (VERSION, "Apache-2.0"):
        sys.exit(
            f"abbreviations: {about['version']} under {about['license']} is not what we expect"
        )
    if not all(isinstance(item, str) for pair in table.items() for item in pair):
        sys.exit("abbreviations: the table is no longer letters to letters")
    text = json.dumps(table, ensure_ascii=False, indent=0)
    (FOLDER / "abbreviations.json").write_text(text + "\n", encoding="utf-8")
    notice = NOTICE.format(package=PACKAGE, version=VERSION, licence=about["license"])
    (FOLDER / "NOTICE").write_text(notice, encoding="utf-8")
    print(f"abbreviations: {len(table)} of {PACKAGE} {VERSION}")


def fetched() -> dict[str, str]:
    """The package's JSON files, as npm's registry has them."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        archive = next(Path(folder).glob("*.tgz")).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        return {
            member.name: file.read().decode("utf-8")
            for member in packed
            if member.name.endswith(".json") and (file := packed.extractfile(member)) is not None
        }


if __name__ == "__main__":
    main()
