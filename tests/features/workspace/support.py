# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Other people than the administrator, and programs."""

from typing import Any

from tests.api.support import Product

SITE = "0192f000-0000-7000-8000-0000000000c2"


async def person(api: Product, name: str, role: str) -> dict[str, str]:
    """The header of somebody with a role."""
    password = await api.site.accounts.create_admin(name)
    await api.sql.execute("UPDATE users SET role = $2, must_change_password = false WHERE username = $1", name, role)
    return await api.site.bearer(name, password)


async def program(api: Product) -> dict[str, str]:
    """The header of a key that may read chargers; whoever sends it signs in by nothing else."""
    made = {"name": "k", "permissions": ["charger:charger:read"]}
    key = (await api.client.post("/api/v1/api-keys", json=made)).json()["key"]
    return {"X-API-Key": key}


async def as_program(api: Product, method: str, path: str, **options: Any) -> tuple[int, str]:
    """Status and code of what a key is told."""
    headers = await program(api)
    async with api.as_nobody() as client:
        answer = await client.request(method, path, headers=headers, **options)
    return answer.status_code, answer.json()["code"]
