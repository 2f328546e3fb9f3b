# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What csms is made of that others wrote: licences that may be in it, and a bill of materials (CycloneDX).

Both go by the locks, which name every version and its hashes, and by what is installed. Nobody is asked for it.
"""

import argparse
import json
import re
import subprocess
import sys
import tomllib
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "run.txt"
WEB_LOCK = ROOT / "web" / "package-lock.json"
SBOM = ROOT / "dist" / "sbom.cdx.json"
# What Apache-2.0 may be handed out with. MPL-2.0 binds its own files only, which are left as they are.
PERMISSIVE = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0", "CC0-1.0", "ISC", "MIT", "MIT-0", "MPL-2.0",
    "OFL-1.1", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib",
}  # fmt: skip
# Older packages say it in the words of a classifier.
IN_WORDS = {
    "Apache Software License": "Apache-2.0",
    "Apache Software License; MIT License": "Apache-2.0 OR MIT",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# Packages that say nothing, each with what is known of it.
SILENT = {
    "neverpanic": "a part of @scalar/api-reference, which is MIT; its author has not said: on the roadmap",
    "@react-aria/optimize-locales-plugin": "its file LICENSE is Apache-2.0; it builds the web app and is no part of it",
}
_ENTRY = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^ ;]+)(?: ; (?P<marker>.+?))? ?\\$")


@dataclass(frozen=True)
class Part:
    """One version of one package."""

    name: str
    version: str
    here: bool
    hashes: tuple[str, ...]


def locked(text: str) -> list[Part]:
    """Every entry of a lock that pip would take with --require-hashes."""
    parts: list[Part] = []
    for entry in re.split(r"\n(?=[A-Za-z0-9])", text.strip()):
        head, *rest = entry.splitlines()
        match = _ENTRY.match(head)
        hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", "\n".join(rest)))
        if match is None or not hashes:
            raise SystemExit(f"not pinned by version and hash: {head}")
        marker = match["marker"]
        here = marker is None or Marker(marker).evaluate()
        parts.append(Part(canonicalize_name(match["name"]), match["version"], here, hashes))
    return parts


def licences(names: list[str]) -> dict[str, str]:
    """What each installed package says of itself, as an SPDX expression where it is known how to write it."""
    command = [str(Path(sys.executable).parent / "pip-licenses"), "--from=mixed", "--format=json", "--packages", *names]
    told = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=120).stdout)
    return {canonicalize_name(one["Name"]): IN_WORDS.get(one["License"], one["License"]) for one in told}


def may_be_in(expression: str) -> bool:
    """Of licences that are joined by AND all have to be permissive, of a choice one."""
    words = expression.replace("(", " ").replace(")", " ")
    return all(any(one.strip() in PERMISSIVE for one in part.split(" OR ")) for part in words.split(" AND "))


def refused(parts: list[Part], known: dict[str, str]) -> list[str]:
    """A line for each package whose licence is missing or is none of those."""
    silent = "not installed, so its licence is unknown"
    wrong = [part for part in parts if part.here and not may_be_in(known.get(part.name, ""))]
    return [f"{part.name} {part.version}: {known.get(part.name, silent)}" for part in wrong]


def web_parts(lock: dict[str, Any]) -> list[dict[str, Any]]:
    """Packages of the pages that are served."""
    found = {}
    for path, entry in sorted(lock["packages"].items()):
        name = path.rpartition("node_modules/")[2]
        if name and not entry.get("dev"):
            purl = f"pkg:npm/{name.replace('@', '%40')}@{entry['version']}"
            found[purl] = _component(name, entry["version"], purl, entry.get("license", ""))
    return list(found.values())


def _component(name: str, version: str, purl: str, licence: str) -> dict[str, Any]:
    told = [{"expression": licence}] if licence else []
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "licenses": told}


def bill(parts: list[Part], known: dict[str, str], web: list[dict[str, Any]]) -> dict[str, Any]:
    """The document; the same for the same locks, so that two can be compared."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    components = []
    for part in parts:
        purl = f"pkg:pypi/{part.name}@{part.version}"
        component = _component(part.name, part.version, purl, known.get(part.name, "") if part.here else "")
        # One hash for each file of a release: they are of files, not of the package, so they are told as such.
        component["properties"] = [{"name": "csms:file:sha256", "value": value} for value in part.hashes]
        components.append(component)
    components += web
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(components, sort_keys=True))
    name, version = project["name"], project["version"]
    top = _component(name, version, f"pkg:pypi/{name}@{version}", project["license"])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": {**top, "type": "application"}},
        "components": components,
    }


def main() -> int:
    """`licences` fails on one that may not be in; `sbom` writes the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["licences", "sbom"])
    what = parser.parse_args().what
    parts = locked(LOCK.read_text())
    known = licences([part.name for part in parts])
    web = web_parts(json.loads(WEB_LOCK.read_text()))
    if what == "sbom":
        SBOM.parent.mkdir(exist_ok=True)
        SBOM.write_text(json.dumps(bill(parts, known, web), indent=1) + "\n")
        print(f"{SBOM.relative_to(ROOT)}: {len(parts)} packages of Python, {len(web)} of the pages")
        return 0
    wrong = refused(parts, known)
    wrong += [
        f"{one['name']} {one['version']}: {one['licenses'] or 'no licence'}"
        for one in web
        if one["name"] not in SILENT and not (one["licenses"] and may_be_in(one["licenses"][0]["expression"]))
    ]
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
