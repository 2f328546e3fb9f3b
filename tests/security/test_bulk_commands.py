# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Commands to many tell nobody of chargers beyond what they see: neither which nor how many (attack 28)."""

import asyncpg

from tests.api.support import Product
from tests.features.people.test_people import person

BULK = "/api/v1/bulk-commands"
ALL = {"filter": {"retired": "false"}, "command": {"type": "reset", "kind": "soft"}}


async def test_what_is_elsewhere_is_not_counted(api: Product) -> None:
    """While it runs and once it is done, in the list, alone, in a file and by SQL; what is for others is not there."""
    nord, sud = [(await api.create("/api/v1/sites", name=name))["id"] for name in ("Nord", "Sud")]
    for number, site in enumerate((nord, nord, sud, sud, sud)):
        await api.insert("chargers", id=f"C{number}", security_profile=0, site_id=site)
    tom = await person(api, "tom", assignments=[{"role": "operator", "site_id": nord}])
    whole = (await api.client.post(BULK, json=ALL)).json()
    beyond = (await api.client.post(BULK, json={**ALL, "filter": {"site_id": sud}})).json()
    for status, counts in (("running", {"waiting": 2}), ("done", {"refused": 1, "expired": 1})):
        if status == "done":
            kept = {"refused": 1, "expired": 4}
            await api.sql.execute("UPDATE bulk_targets SET refusal = 'no' WHERE charger_id = 'C0'")
            await api.sql.execute("UPDATE bulk_targets SET command = bulk WHERE charger_id <> 'C0'")
            await api.sql.execute("UPDATE bulk_commands SET status = 'done', counts = $1", kept)
        listed = (await tom.get(BULK)).json()["items"]
        for seen in (*listed, (await tom.get(f"{BULK}/{whole['id']}")).json()):
            assert (seen["id"], seen["status"]) == (whole["id"], status)
            assert (seen["total"], seen["counts"]) == (2, counts)
        assert len(listed) == 1
        lines = (await tom.get(BULK, params={"format": "csv", "fields": "total"})).text.splitlines()
        assert lines[1:] == ["2"]
        assert (await tom.get(f"{BULK}/{beyond['id']}")).status_code == 404
        all_of_it = (await api.client.get(f"{BULK}/{whole['id']}")).json()
        assert all_of_it["total"] == 5
    for way in ("cancel", "retry"):
        answer = await tom.post(f"{BULK}/{whole['id']}/{way}")
        assert (answer.status_code, answer.json()["code"]) == (403, "out_of_reach")


async def test_rows_of_others_are_out_of_reach(api: Product) -> None:
    """The database shows and changes no command that is for others alone, whatever a query forgets."""
    nord, sud = [(await api.create("/api/v1/sites", name=name))["id"] for name in ("Nord", "Sud")]
    for name, site in (("N", nord), ("S", sud)):
        await api.insert("chargers", id=name, security_profile=0, site_id=site)
    for site in (nord, sud):
        assert (await api.client.post(BULK, json={**ALL, "filter": {"site_id": site}})).status_code == 202
        change = {"filter": {"site_id": site}, "change": {"name": "x"}}
        assert (await api.client.post("/api/v1/bulk/charger-changes", json=change)).status_code == 202
    organization = str(await api.sql.fetchval("SELECT id FROM organizations"))
    await api.sql.execute("SELECT set_config('csms.organization_id', $1, false)", organization)
    await api.sql.execute("SELECT set_config('csms.places', $1, false)", "{" + nord + "}")
    await api.sql.execute("SET ROLE csms_limited")
    for table in ("bulk_commands", "bulk_targets", "bulk_changes", "bulk_change_targets"):
        assert await api.sql.fetchval(f"SELECT count(*) FROM {table}") == 1, table
    for table in ("bulk_commands", "bulk_changes"):
        for statement in (f"UPDATE {table} SET status = 'cancelled'", f"DELETE FROM {table}"):
            try:
                assert (await api.sql.execute(statement)).endswith(" 1"), statement
            except asyncpg.PostgresError as error:
                raise AssertionError(statement) from error
    await api.sql.execute("RESET ROLE")
    for table in ("bulk_commands", "bulk_changes"):
        assert await api.sql.fetchval(f"SELECT count(*) FROM {table}") == 1, table
