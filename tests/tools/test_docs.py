# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What people read names only what there is: settings, commands, addresses, metrics, flags, files."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.main

import csms.domain.transactions as rules
from csms.kit.config import Settings
from csms.kit.config_sources import secret_names
from csms.kit.metrics import Metrics
from csms.main.api import describe_api
from csms.main.cli import app

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("changelog.d/*.md"))
    if path.name != "template.md"
)
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]
# Read before the settings are: where they come from.
OUTSIDE = {"CSMS_CONFIG", "CSMS_SECRETS_DIR"}


@cache
def all_addresses() -> set[str]:
    """Every path of the API, ids as stars."""
    return {re.sub(r"\{[^}]+\}", "*", path) for path in describe_api()["paths"]}


@cache
def all_settings() -> set[str]:
    """Every environment variable there is."""
    found = set(OUTSIDE)
    for name, field in Settings.model_fields.items():
        inner = getattr(field.annotation, "model_fields", None)
        found |= {f"CSMS_{name.upper()}__{part.upper()}" for part in inner} if inner else {f"CSMS_{name.upper()}"}
    return found


@cache
def all_commands() -> set[str]:
    """Every command, groups left out."""

    def walk(command: object, words: tuple[str, ...]) -> Iterator[str]:
        children = getattr(command, "commands", None)
        if children is None:
            yield " ".join(words)
        for name, child in (children or {}).items():
            yield from walk(child, (*words, name))

    return set(walk(typer.main.get_command(app), ()))


@pytest.mark.parametrize("page", NAMES)
def test_settings_that_are_named_exist(page: str) -> None:
    """A setting that is misspelt in the documentation is refused at the start, or worse, ignored."""
    named = set(re.findall(r"\bCSMS_[A-Z_]+[A-Z]\b", (ROOT / page).read_text()))
    examples = {"CSMS_SECTION__NAME", "CSMS_SECTION__KEY", "CSMS_SECTION__NAME_FILE"}
    files = {f"{name}_FILE" for name in secret_names(Settings)}
    assert named - examples <= all_settings() | files


@pytest.mark.parametrize("page", NAMES)
def test_commands_that_are_named_exist(page: str) -> None:
    """In code only: `csms serve` in a line of a block, or between backticks."""
    text = (ROOT / page).read_text()
    lines = re.findall(r"^(?:sudo )?(?:CSMS_\S+ )*(?:\.venv/bin/)?csms ((?:[a-z-]+ ?){1,2})", text, re.MULTILINE)
    lines += re.findall(r"`csms (?!--)((?:[a-z-]+ ?){1,2})", text)
    known = all_commands()
    for words in lines:
        first, _, second = words.strip().partition(" ")
        assert {first, f"{first} {second}"} & known, words


@pytest.mark.parametrize("page", NAMES)
def test_addresses_that_are_named_exist(page: str) -> None:
    """Of the API; an id stands for any."""
    for path in re.findall(r"/api/v1/[a-z][\w{}/.-]*", (ROOT / page).read_text()):
        parts = re.sub(r"\{[^}]+\}", "*", path).rstrip("/.").split("/")
        candidates = {"/".join(parts), "/".join([*parts[:4], "*", *parts[5:]])}
        assert candidates & all_addresses(), path


def test_metrics_that_are_named_exist() -> None:
    """Alerts on a metric that does not exist never fire."""
    there = set(re.findall(r"^# TYPE (csms_\w+) ", Metrics(process=False).render().decode(), re.MULTILINE))
    named = set(re.findall(r"\bcsms_\w+", (ROOT / "docs/howto/prometheus.md").read_text()))
    assert named
    assert named <= there


def test_all_flags_are_explained() -> None:
    """Every flag that a transaction can carry stands on the energy page, and no other."""
    flags = {value for name, value in vars(rules).items() if name.startswith("FLAG_")}
    explained = set(re.findall(r"^\| `([a-z_]+)` \|", (ROOT / "docs/explain/energy.md").read_text(), re.MULTILINE))
    assert explained == flags


@pytest.mark.parametrize("page", [name for name in NAMES if "/" not in name or name.startswith("changelog.d")])
def test_links_lead_somewhere(page: str) -> None:
    """Of the pages that mkdocs does not check."""
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_files_that_the_map_names_exist() -> None:
    """AGENTS.md leads to files; one that was moved leads nowhere."""
    text = (ROOT / "AGENTS.md").read_text()
    table = text[text.index("## When to load what") : text.index("Paths are below")]
    for name in re.findall(r"`([\w/.]+\.py)`", table):
        if "/" in name and not name.startswith("features/<"):
            assert (ROOT / "src/csms" / name).exists() or (ROOT / name).exists(), name
