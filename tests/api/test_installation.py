# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the installation says of itself, and to whom."""

from pathlib import Path

import pytest

from csms.features.accounts.identity import IdentityOptions
from csms.kit.config import OcppSettings
from csms.main.addresses import charger_addresses
from tests.features.accounts.support import PASSWORD, site
from tests.support.postgres import Database

PATH = "/api/v1/installation"
ADDRESS = {"url": "ws://localhost:9000/ocpp/{identity}", "security_profiles": [0, 1]}


async def test_more_to_whoever_is_signed_in(database: Database, tmp_path: Path) -> None:
    """Version and addresses are for people who are in; what signing in needs is for everybody."""
    options = IdentityOptions(origin="https://csms.example", mails=True)
    async with site(database, tmp_path, identity=options, insecure_lan=True, docs_url="https://docs.example") as home:
        await home.accounts.ensure_first_admin(PASSWORD)
        told = (await home.client.get(PATH)).json()
        assert told == {
            "origin": "https://csms.example",
            "insecure_lan": True,
            "mails": True,
            "initial_password": None,
            "documentation_url": "https://docs.example",
            "version": None,
            "charger_addresses": None,
        }
        known = (await home.client.get(PATH, headers=await home.bearer())).json()
        assert known == told | {"version": "1.2.3", "charger_addresses": [ADDRESS]}


async def test_a_session_that_is_over_is_nobody(database: Database, tmp_path: Path) -> None:
    """The sign-in page is for them: they are not refused."""
    async with site(database, tmp_path) as home:
        answer = await home.client.get(PATH, headers={"Authorization": "Bearer spoilt"})
        assert (answer.status_code, answer.json()["version"]) == (200, None)


async def test_where_the_first_password_is(database: Database, tmp_path: Path) -> None:
    """In the file or on the terminal, until it is changed."""
    async with site(database, tmp_path) as home:
        generated = await home.accounts.ensure_first_admin(None)
        assert generated is not None
        assert (await home.client.get(PATH)).json()["initial_password"] == "terminal"
        file = home.folder / "initial-password"
        file.write_text(generated)
        assert (await home.client.get(PATH)).json()["initial_password"] == "file"
        headers = await home.bearer(password=generated)
        body = {"current_password": generated, "new_password": "another horse, another battery"}
        assert (await home.client.post("/api/v1/auth/change-password", json=body, headers=headers)).status_code == 200
        assert (await home.client.get(PATH)).json()["initial_password"] is None
        assert not file.exists()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [("ws://localhost:9000", [0, 1])]),
        ({"host": "10.0.0.5", "port": 9100}, [("ws://10.0.0.5:9100", [0, 1])]),
        ({"public_url": "ws://ocpp.example"}, [("ws://ocpp.example", [0, 1])]),
        ({"public_url": "wss://ocpp.example"}, [("wss://ocpp.example", [0, 1])]),  # told to nobody that it is TLS
        ({"public_url": "wss://ocpp.example", "proxied_tls": True}, [("wss://ocpp.example", [2])]),
        ({"tls_port": 9001}, [("ws://localhost:9000", [0, 1]), ("wss://localhost:9001", [2])]),
        (
            {"tls_port": 9001, "tls_client_ca": "ca.pem", "public_url": "ws://[2001:db8::1]:9000"},
            [("ws://[2001:db8::1]:9000", [0, 1]), ("wss://[2001:db8::1]:9001", [2, 3])],
        ),
        (
            {"tls_port": 9001, "tls_client_ca": "ca.pem", "public_url": "wss://ocpp.example"},
            [("wss://ocpp.example", [2, 3])],
        ),
    ],
)
def test_addresses_for_chargers(settings: dict[str, object], expected: list[tuple[str, list[int]]]) -> None:
    """Each with the security profiles that are let in there."""
    found = charger_addresses(OcppSettings.model_construct(**(OcppSettings().model_dump() | settings)))
    assert [(each.url, each.security_profiles) for each in found] == [
        (f"{url}/ocpp/{{identity}}", profiles) for url, profiles in expected
    ]
