# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How large what is, how long it is kept, and the order to clear up now."""

from tests.api.support import Product


async def test_what_the_database_holds(api: Product) -> None:
    """Every table, its partitions by time, and how long rows are kept; one clearing up at a time."""
    await api.sql.execute("SELECT csms_make_partitions('2031-01-15 12:00+00')")
    found = (await api.client.get("/api/v1/operations/storage")).json()
    assert found["bytes"] > sum(table["bytes"] for table in found["tables"]) > 0
    tables = {table["table"]: table for table in found["tables"]}
    log = tables["ocpp_messages"]
    assert log["kept"] == "14 days"
    last = log["partitions"][-1]
    assert (last["name"], last["start"], last["stop"]) == (
        "ocpp_messages_20310122",
        "2031-01-22T00:00:00Z",
        "2031-01-23T00:00:00Z",
    )
    assert (log["oldest"], log["newest"]) == (log["partitions"][0]["start"], "2031-01-23T00:00:00Z")
    assert log["bytes"] == sum(part["bytes"] for part in log["partitions"])
    assert (tables["transactions"]["kept"], tables["transactions"]["partitions"]) == (None, [])
    assert tables["commands"]["kept"] == "13 months"
    await api.client.patch("/api/v1/settings/retention", json={"commands_months": 3})
    found = (await api.client.get("/api/v1/operations/storage")).json()
    assert {table["table"]: table["kept"] for table in found["tables"]}["commands"] == "3 months"

    started = await api.client.post("/api/v1/operations/retention")
    assert started.status_code == 202
    again = await api.client.post("/api/v1/operations/retention")
    assert again.json() == started.json()
    job = (await api.client.get(started.headers["location"])).json()
    assert (job["kind"], job["status"], job["actor"]) == ("retention", "queued", "admin")
    async with api.as_nobody() as nobody:
        assert (await nobody.get("/api/v1/operations/storage")).status_code == 401
        assert (await nobody.post("/api/v1/operations/retention")).status_code == 401
