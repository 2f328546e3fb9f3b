# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What others wrote is pinned, listed and allowed; what is secret is not published."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools import inventory, secrets_scan

ROOT = Path(__file__).parents[2]
LOCKS = sorted(ROOT.glob("requirements/*.txt"))


def test_everything_is_pinned_by_its_hash() -> None:
    """Of Python and of the pages; nothing is taken from elsewhere than a registry."""
    assert len(LOCKS) == 3
    for path in LOCKS:
        text = "\n".join(line for line in path.read_text().splitlines() if not line.startswith("#"))
        assert len(inventory.locked(text)) >= 1
        assert "://" not in text
    packages = json.loads(inventory.WEB_LOCK.read_text())["packages"]
    assert [name for name, entry in packages.items() if name and not entry.get("integrity", "").startswith("sha")] == []


@pytest.mark.parametrize("line", ["aiohttp>=3", "aiohttp==3.14.5 \\", "aiohttp @ git+https://example.org/aiohttp"])
def test_what_is_not_pinned_is_refused(line: str) -> None:
    """A range, no hash, an address."""
    with pytest.raises(SystemExit, match="not pinned"):
        inventory.locked(line)


def test_licences() -> None:
    """All of AND, one of OR; what says nothing, or is not there, may not be in."""
    for good in ("MIT", "Apache-2.0 AND MIT", "GPL-2.0-only OR MIT", "(MIT OR CC0-1.0)", "MPL-2.0"):
        assert inventory.may_be_in(good), good
    for bad in ("", "GPL-3.0-only", "MIT AND AGPL-3.0-only", "UNKNOWN", "Proprietary"):
        assert not inventory.may_be_in(bad), bad
    parts = [inventory.Part("good", "1", True, ("0",)), inventory.Part("bad", "1", True, ("0",))]
    elsewhere = inventory.Part("windows-only", "1", False, ("0",))
    assert inventory.refused([*parts, elsewhere], {"good": "MIT"}) == [
        "bad 1: not installed, so its licence is unknown"
    ]


def test_the_bill_names_everything_once() -> None:
    """Each entry of the locks, with version, hashes and address; made twice it is the same."""
    parts = inventory.locked(inventory.LOCK.read_text())
    web = inventory.web_parts(json.loads(inventory.WEB_LOCK.read_text()))
    bill = inventory.bill(parts, {"aiohttp": "Apache-2.0 AND MIT"}, web)
    assert bill == inventory.bill(parts, {"aiohttp": "Apache-2.0 AND MIT"}, web)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    refs = [one["bom-ref"] for one in bill["components"]]
    assert len(refs) == len(set(refs)) > len(parts)
    aiohttp = next(one for one in bill["components"] if one["name"] == "aiohttp")
    assert aiohttp["purl"] == f"pkg:pypi/aiohttp@{aiohttp['version']}"
    assert aiohttp["licenses"] == [{"expression": "Apache-2.0 AND MIT"}]
    assert len(aiohttp["properties"]) > 10


def test_a_planted_secret_is_found(tmp_path: Path) -> None:
    """Also where it is not added yet, and in a test; a made-up password of a test is none. The value is not printed."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_x.py").write_text('client.login(password="correct-horse")\n')
    command = [sys.executable, str(ROOT / "tools" / "secrets_scan.py"), "--root", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    token = "ghp_" + "x7Kq2Lm9" + "Rt4Vw8Yz" + "1Bc5Df3G" + "h6Jk0NpQ" + "sTuX"
    (tmp_path / "tests" / "test_y.py").write_text(f'TOKEN = "{token}"\n')
    (tmp_path / "deploy.env").write_text(f"GITHUB={token}\n")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "tests/test_y.py:1: " in done.stdout
    assert "deploy.env:1: " in done.stdout
    assert token not in done.stdout + done.stderr


def test_what_is_allowed_is_said_why() -> None:
    """A hash without a reason tells nobody anything."""
    lines = [line for line in secrets_scan.ALLOWED.read_text().splitlines() if line and not line.startswith("#")]
    assert all(len(line.partition("  # ")[0]) == 64 and line.partition("  # ")[2] for line in lines)
    assert len(secrets_scan.allowed(secrets_scan.ALLOWED)) == len(lines)
