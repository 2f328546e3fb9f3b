# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How many planted bugs do the tests find? Runs mutmut over the files below, in a copy, and counts per file.

    python tools/mutation.py                 all files
    python tools/mutation.py transactions    only files whose path contains that text
    python tools/mutation.py --survivors     also show the changes that no test noticed

Exits with 1 where a file scores under 80 %. The work tree is not touched: the copy lives in a temporary folder.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLOOR = 0.80
# What is mutated, and the tests that have to notice. Only these tests run: a bug in a rule is to be found by the
# tests of the rule, not by luck further up.
TARGETS: dict[str, tuple[str, ...]] = {
    "src/csms/ocpp/rpc.py": ("tests/ocpp/test_rpc.py", "tests/ocpp/test_rpc_properties.py"),
    "src/csms/domain/transactions.py": ("tests/domain/test_transactions.py", "tests/domain/test_registers.py"),
    "src/csms/features/transactions/rules.py": ("tests/features/transactions/test_rules.py",),
}
FOUND = frozenset({"killed", "timeout", "segfault", "caught by type check"})


@dataclass
class Score:
    """What became of a file's mutants."""

    found: int = 0
    survivors: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All mutants that were tried."""
        return self.found + len(self.survivors)

    @property
    def good(self) -> bool:
        """Whether the floor is reached; a file without mutants proves nothing."""
        return self.total > 0 and self.found >= FLOOR * self.total


def configuration(source: str, tests: tuple[str, ...]) -> str:
    """The pyproject.toml of the copy."""
    return "\n".join(
        (
            "[tool.pytest.ini_options]",
            'asyncio_mode = "auto"',
            'markers = ["slow: takes longer than ten seconds", "root: needs root"]',
            'filterwarnings = ["ignore"]',
            "[tool.mutmut]",
            'source_paths = ["src"]',
            f"only_mutate = {json.dumps([source])}",
            f"pytest_add_cli_args_test_selection = {json.dumps(list(tests))}",
            # One order and one seed for all mutants: else a verdict would depend on luck.
            'pytest_add_cli_args = ["-p", "no:randomly", "-p", "no:xdist", "-p", "no:cacheprovider", "-q",'
            ' "--hypothesis-seed=0"]',
            "use_git_change_detection = false",
            "track_dependencies = false",
            "",
        )
    )


def copy(target: Path, source: str, tests: tuple[str, ...]) -> None:
    """The tree that is mutated."""
    ignore = shutil.ignore_patterns("__pycache__", "assets")
    shutil.copytree(ROOT / "src", target / "src", ignore=ignore)
    for test in tests:
        folder = (ROOT / test).parent
        shutil.copytree(folder, target / folder.relative_to(ROOT), ignore=ignore, dirs_exist_ok=True)
        for parent in (ROOT / test).relative_to(ROOT).parents:
            package = ROOT / parent / "__init__.py"
            if parent != Path() and package.exists():
                shutil.copy2(package, target / parent / "__init__.py")
    support = ROOT / "tests" / "support"
    if support.exists():
        shutil.copytree(support, target / "tests" / "support", ignore=ignore, dirs_exist_ok=True)
    (target / "pyproject.toml").write_text(configuration(source, tests))


def mutate(folder: Path, source: str) -> Score:
    """Run mutmut in the copy and read what it wrote."""
    run = subprocess.run(
        [sys.executable, "-m", "mutmut", "run", "--max-children", "2"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    results = folder / "mutants" / f"{source}.meta"
    if not results.exists():
        raise SystemExit(f"mutmut did not run over {source}:\n{run.stdout[-4000:]}")
    from mutmut.stats import status_by_exit_code

    score = Score()
    for name, code in json.loads(results.read_text())["exit_code_by_key"].items():
        if code is None:
            raise SystemExit(f"mutmut stopped before it was through with {source}:\n{run.stdout[-4000:]}")
        if status_by_exit_code[code] in FOUND:
            score.found += 1
        else:
            score.survivors.append(name)
    return score


def show(folder: Path, name: str) -> str:
    """One mutant as a diff."""
    run = subprocess.run(
        [sys.executable, "-m", "mutmut", "show", name], cwd=folder, capture_output=True, text=True, check=False
    )
    return run.stdout.strip()


def main() -> int:
    """Score every file; 1 where one is under the floor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="?", default="", help="files whose path contains this text")
    parser.add_argument("--survivors", action="store_true", help="show what no test noticed")
    arguments = parser.parse_args()
    good = True
    for source, tests in TARGETS.items():
        if arguments.only not in source:
            continue
        missing = [test for test in tests if not (ROOT / test).exists()]
        if missing:
            print(f"{source}: no tests ({', '.join(missing)} not there)")
            good = False
            continue
        with tempfile.TemporaryDirectory(prefix="csms-mutation-") as scratch:
            folder = Path(scratch)
            copy(folder, source, tests)
            score = mutate(folder, source)
            share = score.found / score.total if score.total else 0.0
            print(f"{source}: {score.found}/{score.total} found, {share:.1%}{'' if score.good else '  UNDER 80 %'}")
            if arguments.survivors:
                for name in score.survivors:
                    print(show(folder, name), end="\n\n")
            good = good and score.good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
