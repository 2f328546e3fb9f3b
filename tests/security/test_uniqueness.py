# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A refusal because something exists already tells that it exists: what is unique beyond one organization is known."""

from pathlib import Path

from csms.kit.db.metadata import metadata
from csms.kit.ids import new_id
from csms.migrations import models  # noqa: F401  (all tables)
from tests.api.support import Product
from tests.support.postgres import Database

# By what nobody can know beforehand: random, or drawn by the database over all organizations.
SECRETS = {
    "uq_refresh_tokens_token_hash",
    "uq_account_letters_token_hash",
    "uq_account_links_token_hash",
    "uq_browser_sessions_secret_hash",
    "uq_challenges_secret_hash",
    "uq_passkeys_credential_id",
    "uq_api_keys_prefix",
}
# Rows that csms writes by itself; no refusal tells of them.
OWN = {"pk_gateway_nodes", "uq_outbox_parked_consumer_outbox_id"}
# By what people choose, over the whole installation: each stands with its reason in docs/explain/security.md.
KNOWN = {
    "pk_chargers",
    "pk_pending_chargers",
    "uq_chargers_id_lower",
    "uq_pending_chargers_id_lower",
    "uq_users_username",
    "uq_users_email",
}
NUMBERS = {"bigint", "integer", "smallint", "timestamp with time zone", "date", "boolean"}
_QUERY = """
SELECT i.relname AS name, t.relname AS of,
    array(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = i.oid ORDER BY a.attnum) AS columns,
    array(SELECT format_type(a.atttypid, NULL) FROM pg_attribute a WHERE a.attrelid = i.oid ORDER BY a.attnum) AS types
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
WHERE x.indisunique AND t.relnamespace = 'public'::regnamespace AND NOT t.relispartition
"""


async def test_what_is_unique_over_all_organizations(database: Database) -> None:
    """Only what has to be, or what nobody can guess; the rest is of an organization, a charger or a row of its own."""
    ours = {name for name, table in metadata.tables.items() if "organization_id" in table.columns}
    sql = await database.connect()
    try:
        rows = await sql.fetch(_QUERY)
    finally:
        await sql.close()
    seen = [row for row in rows if row["of"] in ours]
    assert len(seen) > 80
    wide = {
        row["name"]
        for row in seen
        # of a charger, or of a row with an id of its own: whoever names these sees them, or names nothing
        if not {"organization_id", "charger_id"} & set(row["columns"])
        and "uuid" not in row["types"]
        and not all(kind in NUMBERS for kind in row["types"])
    }
    text = (Path(__file__).parents[2] / "docs/explain/security.md").read_text()
    assert wide - OWN - SECRETS == KNOWN
    assert "Unique over the installation" in text


async def test_others_are_not_searched_for(api: Product) -> None:
    """Twenty names, addresses or identities of other organizations are told of; one's own always."""
    other = new_id()
    await api.sql.execute("SELECT csms_make_organization($1, 'Other', 'UTC')", other)
    for number in range(25):
        name = f"x{number}"
        await api.insert("chargers", id=name, organization_id=other)
        await api.insert(
            "users",
            id=new_id(),
            organization_id=other,
            username=name,
            email=f"{name}@other.example",
            password_hash="!",
            role="viewer",
        )
    await api.create("/api/v1/chargers", id="OWN")

    async def tried(path: str, **body: str) -> int:
        return (await api.client.post(path, json=body)).status_code

    asked = [await tried("/api/v1/chargers", id=f"X{number}") for number in range(25)]
    assert asked == [409] * 20 + [429] * 5
    assert await tried("/api/v1/chargers", id="own") == 409
    assert await tried("/api/v1/chargers", id="NEW") == 201
    named = [await tried("/api/v1/users", username=f"X{number}", role="viewer") for number in range(10)]
    named += [
        await tried("/api/v1/users", username=f"n{number}", email=f"x{number}@other.example", role="viewer")
        for number in range(15)
    ]
    assert named == [409] * 20 + [429] * 5
    assert await tried("/api/v1/users", username="Admin", role="viewer") == 409
    assert await tried("/api/v1/users", username="new", role="viewer") == 201
