# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Is a secret about to be published? betterleaks over every file that is, or could be, committed.

Passwords that tests and pages make up are not secrets: what the scanner itself holds for unlikely is passed over there,
and nowhere else. What else is none is listed in tools/secrets_allowed.txt, by the hash of its value and with a reason.
Nothing is asked of anybody over the network, and no value is printed.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ALLOWED = ROOT / "tools" / "secrets_allowed.txt"
MADE_UP = ("tests/", "docs/", "bench/", "examples/", "README.md", "mkdocs.yml", "web/e2e/", "web/src/locales/")


def candidates(root: Path) -> list[str]:
    """What git has, and what it would take."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    return sorted(name for name in listed.split("\0") if name and (root / name).is_file())


def scan(root: Path, names: list[str]) -> list[dict[str, Any]]:
    """Findings of all confidences. Each target costs the scanner time of its own, so it gets one folder."""
    with tempfile.TemporaryDirectory(prefix="csms-scan-") as scratch:
        copy, report = Path(scratch) / "tree", Path(scratch) / "report.jsonl"
        for name in names:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, copy / name)
        scanner = str(Path(sys.executable).parent / "betterleaks")
        options = ["--no-banner", "--no-color", "--silent", "--log-level=error", "--exit-code=0"]
        command = [scanner, "auto", *options, f"--output={report}", "tree"]
        done = subprocess.run(command, cwd=scratch, stdout=subprocess.DEVNULL, timeout=120, check=False)
        lines = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
        finished = any(line.get("scan", {}).get("state") == "complete" for line in lines)
        if done.returncode != 0 or not finished:
            raise SystemExit("betterleaks did not finish: nothing is known")
        return [line["finding"] for line in lines if "finding" in line]


def allowed(path: Path) -> set[str]:
    """Hashes of values that are none, or no longer any secret."""
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return {line for line in lines if line}


def what_counts(findings: list[dict[str, Any]], known: set[str]) -> list[str]:
    """A line for each that somebody has to look at."""
    lines = []
    for finding in findings:
        path = finding["location"]["path"].removeprefix("tree/")
        if finding["confidence"] == "low" and path.startswith(MADE_UP):
            continue
        if finding["match"]["fingerprint"] in known:
            continue
        place = f"{path}:{finding['location']['start_line']}"
        lines.append(f"{place}: {finding['rule_id']} ({finding['confidence']}) {finding['match']['fingerprint']}")
    return sorted(lines)


def main() -> int:
    """1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="another working tree")
    root = parser.parse_args().root.resolve()
    names = candidates(root)
    found = what_counts(scan(root, names), allowed(ALLOWED))
    for line in found:
        print(line)
    if found:
        print("Take it out and make it invalid where it opens something; if it is none, name its hash", end=" ")
        print(f"with a reason in {ALLOWED.relative_to(ROOT)}.")
        return 1
    if not names:
        print("no files: nothing was looked at")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
