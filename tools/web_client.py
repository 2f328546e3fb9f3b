# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Write the web app's API client from the API document; `--check`: is the one that is there fresh?"""

import argparse
import filecmp
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from csms.main.api import describe_api

ROOT = Path(__file__).parents[1]
NODE = ROOT / ".venv" / "node" / "bin" / "node"
CLIENT = ROOT / "web" / "src" / "api"
GENERATOR = ROOT / "web" / "tools" / "openapi"


def generate(folder: Path) -> None:
    """The client, into an empty folder."""
    with tempfile.TemporaryDirectory() as temporary:
        document = Path(temporary) / "openapi.json"
        document.write_text(json.dumps(describe_api()))
        subprocess.run([NODE, "generate.ts", document, folder], cwd=GENERATOR, check=True, timeout=300)
    (folder / "index.ts").unlink(missing_ok=True)  # nobody imports all of it


def different(one: Path, other: Path) -> list[str]:
    """Files that are in one folder only, or not the same in both."""
    names = {path.relative_to(folder) for folder in (one, other) for path in folder.rglob("*") if path.is_file()}
    return sorted(str(name) for name in names if not _same(one / name, other / name))


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)


def main() -> int:
    """Write it, or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit code 1 if it is not fresh")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as temporary:
        fresh = Path(temporary) / "api"
        generate(fresh)
        if check:
            stale = different(fresh, CLIENT)
            if stale:
                print(f"the web app's API client is not fresh ({', '.join(stale)}): make web-client", file=sys.stderr)
            return 1 if stale else 0
        shutil.rmtree(CLIENT, ignore_errors=True)
        shutil.copytree(fresh, CLIENT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
