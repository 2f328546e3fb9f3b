# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Firmware down and logs up, by links of one command each (certification cases L01 to L03, N01 and field lessons)."""

import asyncio
import hashlib
import json
import os
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from structlog.testing import capture_logs

from csms.features.files.links import LinkTokens
from csms.kit.db.partitions import Retention
from csms.kit.db.uow import Scope
from csms.main.files import file_service
from tests.features.whole import Whole
from tests.features.whole import whole as open_whole
from tests.support.charger import Charger, connected
from tests.support.eventually import eventually
from tests.support.postgres import Database

IMAGE = bytes(range(256)) * 4096
AT = "2027-01-01T00:00:00Z"


async def _upload_image(whole: Whole, **words: str) -> dict[str, Any]:
    answer = await whole.client.post("/api/v1/firmware", params={"name": "fw 1.bin", **words}, content=IMAGE)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _link(whole: Whole, charger: Charger, body: dict[str, Any] | None = None) -> str:
    """The path of the link that a command brought to the charger."""
    charger.answers |= {"GetLog": {"status": "Accepted", "filename": "a.log"}, "GetDiagnostics": {"fileName": "d.zip"}}
    sent = await whole.command(body or {"type": "get_log", "log": "security"})
    assert sent["status"] == "accepted", sent
    action, payload = charger.heard[-1]
    where = payload["log"]["remoteLocation"] if action == "GetLog" else payload["location"]
    assert where.startswith("http://csms.test/files/")
    return str(where).removeprefix("http://csms.test")


async def _logged(whole: Whole, action: str) -> dict[str, Any]:
    """The newest message of that action in the OCPP log, which is written a moment later."""

    async def look() -> list[dict[str, Any]]:
        return await whole.items("/api/v1/chargers/CP1/messages", action=action)

    found: dict[str, Any] = (await eventually(look))[0]
    return found


def _charger_http(whole: Whole) -> httpx2.AsyncClient:
    """A charger has no login: the link is its credential."""
    return whole.as_nobody()


async def test_a_log_comes_up(whole: Whole, charger: Charger) -> None:
    """The link is sent to the charger only; what it puts there is listed and can be read, once it is whole."""
    path = await _link(whole, charger)
    async with _charger_http(whole) as http:
        answer = await http.put(f"{path}/..%2F..%2Fsecurity log.txt", content=b"door opened\n")
        assert answer.status_code == 201, answer.text
    (found,) = await whole.items("/api/v1/files", charger_id="cp1", kind="security")
    assert (found["name"], found["size_bytes"]) == ("security log.txt", 12)
    assert found["sha256"] == hashlib.sha256(b"door opened\n").hexdigest()
    (command,) = await whole.items("/api/v1/commands", type="get_log")
    assert found["command"] == command["id"]
    content = await whole.client.get(f"/api/v1/files/{found['id']}/content")
    assert (content.content, content.headers["content-type"]) == (b"door opened\n", "application/octet-stream")
    assert content.headers["content-disposition"].startswith("attachment")
    assert content.headers["x-content-type-options"] == "nosniff"
    part = await whole.client.get(f"/api/v1/files/{found['id']}/content", headers={"Range": "bytes=5-10"})
    assert (part.status_code, part.content) == (206, b"opened")


async def test_a_link_is_shown_to_nobody(whole: Whole, charger: Charger) -> None:
    """Not in the command, not in the OCPP log, not in the outbox, not in the process's own log."""
    path = await _link(whole, charger)
    token = path.split("/")[2]
    async with _charger_http(whole) as http:
        with capture_logs() as lines:
            await http.put(path, content=b"x")
            await http.put(path, content=b"x")
    await _logged(whole, "GetLog")
    shown = [
        json.dumps(await whole.items("/api/v1/commands")),
        json.dumps(await whole.items("/api/v1/chargers/CP1/messages")),
        str(await whole.csms.rows("SELECT * FROM outbox")),
        str(await whole.csms.rows("SELECT * FROM audit_log")),
        str(await whole.csms.rows("SELECT * FROM file_links")),
        str(lines),
    ]
    assert [token in text for text in shown] == [False] * len(shown)
    assert "/files/***" in shown[1]
    assert "/files/***" in shown[-1]


async def test_a_link_is_good_once(whole: Whole, charger: Charger) -> None:
    """A second file is refused, as is what nobody asked for, what is over, and fetching where one may send."""
    path = await _link(whole, charger)
    async with _charger_http(whole) as http:
        assert (await http.get(path)).status_code == 404
        assert (await http.put(path, content=b"")).json()["code"] == "empty_file"
        assert (await http.put(path, content=b"first")).status_code == 201
        again = await http.put(path, content=b"second")
        assert (again.status_code, again.json()["code"]) == (410, "link_over")
        late = await _link(whole, charger, {"type": "get_diagnostics"})
        await whole.csms.sql.execute("UPDATE file_links SET expires_at = now() - interval '1 s'")
        assert (await http.put(late, content=b"late")).status_code == 410
        for wrong in ("x", "x" * 3000, "Ä", path.split("/")[2][:-1] + "!", "A" * 75):
            answer = await http.put(f"/files/{wrong}", content=b"x")
            assert (answer.status_code, answer.json()["code"]) == (404, "link_not_found")
    assert len(await whole.items("/api/v1/files")) == 1


async def test_two_at_once_leave_one(whole: Whole, charger: Charger, tmp_path: Path) -> None:
    """A charger that sends twice at once: one is kept, the other leaves nothing behind."""
    path = await _link(whole, charger)
    async with _charger_http(whole) as http:
        answers = await asyncio.gather(*(http.put(path, content=b"x" * 300_000) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 410, 410, 410]
    (found,) = await whole.items("/api/v1/files")
    assert [file.name for file in tmp_path.glob("files/*/*")] == [found["id"]]
    assert list(tmp_path.glob("incoming/*")) == []


async def test_a_form_is_understood(whole: Whole, charger: Charger) -> None:
    """Many chargers POST as a browser would: the first file of the form counts."""
    path = await _link(whole, charger, {"type": "get_diagnostics"})
    async with _charger_http(whole) as http:
        form = {"note": (None, b"hello"), "upload": ("diag.zip", b"PK" * 50_000, "application/zip")}
        answer = await http.post(path, files=form)
        assert answer.status_code == 201, answer.text
        (found,) = await whole.items("/api/v1/files", kind="diagnostics")
        shape = (found["name"], found["content_type"], found["size_bytes"])
        assert shape == ("diag.zip", "application/zip", 100_000)
        path = await _link(whole, charger)
        head = {"Content-Type": "multipart/form-data; boundary=b"}
        for broken in (
            b"--b\r\nContent-Disposition: form-data; name=x; filename=y\r\n\r\nhalf",
            b"nothing",
            b"--b--\r\n",
        ):
            answer = await http.post(path, content=broken, headers=head)
            assert (answer.status_code, answer.json()["code"]) == (400, "broken_upload"), answer.text
        answer = await http.post(path, content=b"x", headers={"Content-Type": "multipart/form-data"})
        assert answer.json()["code"] == "broken_upload"
        named = {"Content-Disposition": 'attachment; filename="named.log"'}
        assert (await http.post(path, content=b"raw", headers=named)).status_code == 201
    assert {each["name"] for each in await whole.items("/api/v1/files")} == {"diag.zip", "named.log"}


async def test_too_much_is_refused(database: Database, tmp_path: Path) -> None:
    """Announced or not, nothing larger than the limit is kept; the link stays good for a smaller file."""
    limits = {"max_upload_bytes": 10_000, "max_firmware_bytes": 5_000}
    async with open_whole(database, tmp_path, files=limits) as whole, connected(whole.csms.url, "CP1", boot=True) as cp:
        path = await _link(whole, cp)

        async def endless() -> Any:
            for _ in range(200):
                yield b"x" * 1000

        async with _charger_http(whole) as http:
            assert (await http.put(path, content=b"x" * 10_001)).status_code == 413
            assert (await http.put(path, content=endless())).status_code == 413
            assert (await http.put(path, content=b"x" * 10_000)).status_code == 201
        answer = await whole.client.post("/api/v1/firmware?name=x", content=b"x" * 5_001)
        assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
        assert list(tmp_path.glob("incoming/*")) == []
        assert len(list(tmp_path.glob("files/*/*"))) == 1


async def test_firmware_goes_down(whole: Whole, charger: Charger) -> None:
    """A charger fetches the image by its own link, whole or in parts, as often as it must while the link holds."""
    image = await _upload_image(whole, version="2.0", vendor="V")
    assert (image["md5"], image["sha256"]) == (hashlib.md5(IMAGE).hexdigest(), hashlib.sha256(IMAGE).hexdigest())
    charger.answers["UpdateFirmware"] = {}
    sent = await whole.command({"type": "update_firmware", "firmware": image["id"], "retrieve_at": AT})
    assert sent["status"] == "accepted", sent
    where = charger.heard[-1][1]["location"]
    assert where.endswith("/fw%201.bin")
    assert len(where) <= 512  # OCPP 2.0.1 allows no more
    path = where.removeprefix("http://csms.test")
    async with _charger_http(whole) as http:
        head = await http.head(path)
        assert (head.headers["content-length"], head.headers["accept-ranges"]) == (str(len(IMAGE)), "bytes")
        assert (await http.get(path)).content == IMAGE
        rest = await http.get(path, headers={"Range": "bytes=1048000-"})
        assert (rest.status_code, rest.content) == (206, IMAGE[1048000:])
        assert (await http.put(path, content=b"x")).status_code == 404
        assert (await whole.client.delete(f"/api/v1/firmware/{image['id']}")).status_code == 204
        assert (await http.get(path)).status_code == 404
    assert await whole.refused("GET", f"/api/v1/firmware/{image['id']}/content") == (404, "firmware_not_found")
    body = {"type": "update_firmware", "firmware": image["id"], "retrieve_at": AT}
    assert await whole.refused("POST", "/api/v1/chargers/CP1/commands", json=body) == (404, "firmware_not_found")


async def test_signed_firmware_is_sent_signed(whole: Whole, charger: Charger) -> None:
    """What the library knows goes with the image; the same key and body give the same command again."""
    image = await _upload_image(whole)
    words = {"signature": "c2ln", "signing_certificate": "PEM", "version": "2"}
    answer = await whole.client.patch(f"/api/v1/firmware/{image['id']}", json=words)
    assert {name: answer.json()[name] for name in words} == words
    charger.answers["SignedUpdateFirmware"] = {"status": "Accepted"}
    body = {"type": "update_firmware", "firmware": image["id"], "retrieve_at": AT}
    first = await whole.command(body, **{"Idempotency-Key": "k1"})
    assert (await whole.command(body, **{"Idempotency-Key": "k1"}))["id"] == first["id"]
    _, payload = charger.heard[-1]
    assert (payload["firmware"]["signature"], payload["firmware"]["signingCertificate"]) == ("c2ln", "PEM")
    assert len(charger.heard) == 1
    listed = await whole.items("/api/v1/firmware", name="FW 1.BIN")
    assert [each["id"] for each in listed] == [image["id"]]


async def test_a_queued_command_gets_its_link_when_it_goes(whole: Whole) -> None:
    """Nothing as good as a password waits in the database."""
    image = await _upload_image(whole)
    body = {"type": "update_firmware", "firmware": image["id"], "retrieve_at": AT}
    answer = await whole.client.post("/api/v1/chargers/CP1/commands", json=body, params={"queue": 3600})
    assert answer.status_code == 202

    async def waits() -> bool:
        (found,) = await whole.items("/api/v1/commands", type="update_firmware")
        return found["reason"] is not None

    await eventually(waits)
    async with connected(whole.csms.url, "CP1", boot=True) as charger:
        charger.answers["UpdateFirmware"] = {}
        worker = whole.csms.application.worker
        assert worker is not None
        await worker._sweeps[0]()
        payload = await charger.heard_action("UpdateFirmware")
        async with _charger_http(whole) as http:
            fetched = await http.get(payload["location"].removeprefix("http://csms.test"))
            assert fetched.content == IMAGE


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"type": "get_log", "log": "security", "location": "ftp://evil.test/"}, "location_not_allowed"),
        ({"type": "get_diagnostics", "location": "file:///etc/passwd"}, "location_not_allowed"),
        ({"type": "get_diagnostics", "location": "gopher://example.com/"}, "location_not_allowed"),
        ({"type": "get_diagnostics", "location": "https://example.com.evil.test/"}, "location_not_allowed"),
        ({"type": "get_diagnostics", "location": "https://example.com@evil.test/"}, "location_not_allowed"),
        ({"type": "get_diagnostics", "location": "https://[::1/"}, "location_not_allowed"),
        # read one way by us and another way by a charger: browsers take a backslash for a slash, some the first @
        ({"type": "get_diagnostics", "location": "https://evil.test\\@example.com/"}, "location_not_allowed"),
        (
            {"type": "get_log", "log": "security", "location": "https://a@evil.test@example.com/"},
            "location_not_allowed",
        ),
        ({"type": "get_diagnostics", "location": "https://example.com\r\nHost: evil.test/"}, "location_not_allowed"),
        ({"type": "get_diagnostics", "location": "https://exam\tple.com/"}, "location_not_allowed"),
        ({"type": "get_diagnostics", "location": " https://example.com/"}, "location_not_allowed"),
        ({"type": "get_diagnostics", "location": "https://example.com:x/"}, "location_not_allowed"),
        ({"type": "get_diagnostics", "location": "https://ex\u0430mple.com/"}, "location_not_allowed"),
        ({"type": "get_diagnostics", "location": "https://evil.test#@example.com/"}, "location_not_allowed"),
        ({"type": "update_firmware", "location": "http://169.254.169.254/", "retrieve_at": AT}, "location_not_allowed"),
        (
            {
                "type": "call",
                "action": "SignedUpdateFirmware",
                "payload": {
                    "requestId": 1,
                    "firmware": {
                        "location": "https://evil.test\\@example.com/f",
                        "retrieveDateTime": AT,
                        "signingCertificate": "x",
                        "signature": "x",
                    },
                },
            },
            "location_not_allowed",
        ),
        ({"type": "update_firmware", "location": "http://10.0.0.1/f", "retrieve_at": AT}, "location_not_allowed"),
        ({"type": "update_firmware", "retrieve_at": AT}, "invalid_request"),
        ({"type": "publish_firmware", "location": "https://example.com/f"}, "invalid_request"),
        (
            {"type": "call", "action": "GetDiagnostics", "payload": {"location": "ftp://evil.test/"}},
            "location_not_allowed",
        ),
        (
            {
                "type": "call",
                "action": "GetLog",
                "payload": {"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": "ftp://evil.test/"}},
            },
            "location_not_allowed",
        ),
    ],
)
async def test_where_chargers_are_sent(whole: Whole, charger: Charger, body: dict[str, Any], code: str) -> None:
    """To here, or to hosts that the operator named; by a raw call no further (SaiFlow's leak of FTP credentials)."""
    assert await whole.refused("POST", "/api/v1/chargers/CP1/commands", json=body) == (400, code)
    assert charger.heard == []


async def test_credentials_in_a_location(whole: Whole, charger: Charger) -> None:
    """A server of one's own may want some: the charger gets them, nobody else sees them, and they do not wait."""
    charger.answers["GetDiagnostics"] = {"fileName": "d.zip"}
    body = {"type": "get_diagnostics", "location": "ftp://user:hunter2@example.com/in/"}
    await whole.command(body)
    assert charger.heard[-1][1]["location"] == "ftp://user:hunter2@example.com/in/"
    await _logged(whole, "GetDiagnostics")
    shown = json.dumps([await whole.items("/api/v1/commands"), await whole.items("/api/v1/chargers/CP1/messages")])
    assert "hunter2" not in shown
    assert "ftp://***@example.com/in/" in shown
    answer = await whole.client.post("/api/v1/chargers/CP1/commands", json=body, params={"queue": 60})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


async def test_nobody_said_how_chargers_reach_us(database: Database, tmp_path: Path) -> None:
    """Behind a proxy it cannot be guessed: said before anything is sent."""
    async with open_whole(database, tmp_path, files={"public_url": None}, http={"port": 0}) as whole:
        body = {"type": "get_log", "log": "security"}
        assert await whole.refused("POST", "/api/v1/chargers/CP1/commands", json=body) == (400, "no_public_url")


async def test_every_step_is_kept(whole: Whole, charger: Charger) -> None:
    """The history of an update, newest first, with the number of the request where the charger tells it."""
    for status in ("Downloading", "Downloaded", "Installed"):
        await charger.call("SignedFirmwareStatusNotification", {"status": status, "requestId": 7})
    await charger.call("DiagnosticsStatusNotification", {"status": "Uploaded"})
    await charger.call("LogStatusNotification", {"status": "Uploading", "requestId": 8})
    path = "/api/v1/chargers/cp1/progress"
    found = await whole.items(path, kind="firmware")
    assert [(each["status"], each["request_id"]) for each in found] == [
        ("Installed", 7),
        ("Downloaded", 7),
        ("Downloading", 7),
    ]
    assert [each["kind"] for each in await whole.walk(path, 2)][:2] == ["log", "diagnostics"]
    assert await whole.refused("GET", "/api/v1/chargers/NOPE/progress") == (404, "charger_not_found")


async def test_what_is_old_goes(whole: Whole, charger: Charger, tmp_path: Path) -> None:
    """Files go when their time is over, and what has no row goes with them; firmware stays."""
    image = await _upload_image(whole)
    path = await _link(whole, charger)
    async with _charger_http(whole) as http:
        await http.put(path, content=b"old")
    (found,) = await whole.items("/api/v1/files")
    kit = whole.csms.application.kit
    assert kit is not None
    service = file_service(tmp_path, kit.keys, kit.clock, kit.settings.files)
    organization = UUID(str((await whole.csms.row("SELECT organization_id FROM charger_files"))["organization_id"]))
    stray = service.store.path(organization, uuid4())
    stray.write_bytes(b"of a request that died")
    for file in stray.parent.iterdir():
        os.utime(file, (1, 1))
    await whole.csms.sql.execute("UPDATE charger_files SET created_at = now() - interval '91 days'")
    for expected in (2, 0):
        async with kit.units(Scope.system(organization)) as uow:
            assert await service.sweep(uow, Retention()) == expected
    assert await whole.refused("GET", f"/api/v1/files/{found['id']}") == (404, "file_not_found")
    assert [file.name for file in stray.parent.iterdir()] == [image["id"]]


async def test_a_file_can_be_deleted(whole: Whole, charger: Charger) -> None:
    """With a line in the audit log; one that is not on this disk says so."""
    path = await _link(whole, charger)
    async with _charger_http(whole) as http:
        await http.put(path, content=b"x")
    (found,) = await whole.items("/api/v1/files")
    own = f"/api/v1/files/{found['id']}"
    stored = next(Path(whole.csms.application.kit.settings.data_dir).glob(f"files/*/{found['id']}"))  # type: ignore[union-attr]
    stored.unlink()
    assert await whole.refused("GET", f"{own}/content") == (404, "file_not_found")
    assert (await whole.client.delete(own)).status_code == 204
    assert await whole.refused("DELETE", own) == (404, "file_not_found")
    (row,) = await whole.csms.rows("SELECT subject_id FROM audit_log WHERE action = 'charger:file:delete'")
    assert row["subject_id"] == found["id"]


async def test_an_image_is_changed_by_who_saw_it(whole: Whole) -> None:
    """Its words, never its content; an empty name, an empty file and a stale change are refused."""
    image = await _upload_image(whole)
    own = f"/api/v1/firmware/{image['id']}"
    assert (await whole.client.patch(own, json={})).json() == image
    assert (await whole.client.get(own)).json() == image
    assert await whole.refused("PATCH", own, json={"notes": "x"}, headers={"If-Match": '"old"'}) == (412, "stale")
    assert await whole.refused("PATCH", own, json={"name": None}) == (400, "invalid_request")
    assert await whole.refused("POST", "/api/v1/firmware?name=x") == (400, "empty_file")
    assert (await whole.errors("POST", "/api/v1/firmware?name=a/b", content=b"x"))[0]["path"] == "query.name"
    assert (await whole.client.get(f"{own}/content")).content == IMAGE


def test_tokens_of_others_are_not_ours() -> None:
    """Every bit counts, and another installation's key makes other tokens."""
    tokens, organization, link = LinkTokens(b"k" * 32), uuid4(), uuid4()
    token = tokens.make(organization, link)
    assert tokens.read(token) == (organization, link)
    assert LinkTokens(b"x" * 32).read(token) is None
    for index in range(len(token) - 1):
        changed = token[:index] + ("A" if token[index] != "A" else "B") + token[index + 1 :]
        assert tokens.read(changed) is None
