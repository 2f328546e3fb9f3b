# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What deploy/ hands out fits csms: its settings, its command line, its files. (Images are built where Docker is.)"""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from csms.kit.config import Settings
from csms.kit.config_sources import secret_names
from csms.main.application import Role

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = sorted(DEPLOY.glob("compose*.yaml"))


def _is_setting(name: str) -> bool:
    if name.endswith("_FILE"):
        return name.removesuffix("_FILE") in secret_names(Settings)
    section, _, key = name.removeprefix("CSMS_").lower().partition("__")
    field = Settings.model_fields.get(section)
    if field is None:
        return False
    inner = getattr(field.annotation, "model_fields", {})
    return key in inner if key else not inner


def _compose(path: Path) -> dict[str, Any]:
    document = yaml.safe_load(path.read_text())
    assert isinstance(document, dict)
    return document


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_settings_in_compose_files_exist(path: Path) -> None:
    """A variable that is misspelled would end the start, or be without effect."""
    named = {
        variable
        for service in _compose(path)["services"].values()
        for variable in service.get("environment", {})
        if variable.startswith("CSMS_")
    }
    assert named
    assert [name for name in sorted(named) if not _is_setting(name)] == []


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_what_compose_files_name_is_there(path: Path) -> None:
    """Services that others wait for, secrets, volumes, files that are mounted, roles."""
    whole = _compose(path)
    services = whole["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= set(services), name
        assert set(service.get("secrets", ())) <= set(whole.get("secrets", {})), name
        assert set(service.get("networks", ())) <= set(whole.get("networks", {})), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            there = (DEPLOY / source).exists() if source.startswith(".") else source in whole["volumes"]
            assert there, (name, volume)
        command = service.get("command", ())
        if "--role" in command:
            assert command[command.index("--role") + 1] in set(Role), name
        if "build" in service:
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()


def test_the_image_copies_what_is_there() -> None:
    """Nothing is copied that .dockerignore keeps out, and variables are settings."""
    text = (DEPLOY / "Dockerfile").read_text()
    copied = [
        source for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE) for source in line.split()[:-1]
    ]
    let_in = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    assert set(copied) == let_in
    assert all((ROOT / source).exists() for source in copied)
    assert [name for name in re.findall(r"\b(CSMS_\w+)=", text) if not _is_setting(name)] == []


def test_nginx_is_told_where_the_nodes_of_the_compose_file_are() -> None:
    """Each gateway and each API node, and no other."""
    services = set(_compose(DEPLOY / "compose.cluster.yaml")["services"])
    text = (DEPLOY / "nginx" / "places.conf").read_text()
    named = dict(re.findall(r"server ([\w-]+):(\d+)", text))
    assert named == {
        **{name: "9000" for name in services if name.startswith("gateway-")},
        **{name: "8080" for name in services if name.startswith("api-")},
    }
    assert {"gateway-1", "gateway-2", "api-1", "api-2"} <= set(named)
    upstreams = set(re.findall(r"upstream (\w+)", text))
    assert set(re.findall(r"proxy_pass http://(\w+);", (DEPLOY / "nginx" / "nginx.conf").read_text())) == upstreams
