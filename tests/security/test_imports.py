# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Files of attackers: what they may not make, read, learn, or cost (attacks 16, 23, 28, 29, 36)."""

import io
import zipfile
from typing import Any

import xlsxwriter

from csms.features.accounts.permissions import Permission
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from tests.api.support import Product
from tests.features.imports.support import IMPORTS, applied, book, counts, send
from tests.features.people.test_people import client_of, person

OTHER = "0192f000-0000-7000-8000-0000000000aa"


async def test_files_that_are_not_what_they_say(api: Product) -> None:
    """Bombs, sheets of terabytes, 300 columns, pictures called CSV: refused, in words, and nothing is left of them."""
    picture = await send(api, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "table.csv", kind="tokens")
    assert (picture.status_code, picture.json()["code"]) == (415, "wrong_file_type")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (257 * 1024 * 1024))
    far = io.BytesIO()
    with xlsxwriter.Workbook(far) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write(0, 0, "value")
        sheet.write(1_048_575, 16_383, "x")
    wide = book([[f"c{number}" for number in range(300)], ["x"] * 300])
    entity = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    for content, code in (
        (bomb.getvalue(), "zip_bomb"),
        (far.getvalue(), "file_too_complex"),
        (wide, "too_many_columns"),
        (b",".join(b"c%d" % number for number in range(300)) + b"\n1\n", "too_many_columns"),
        (entity, "missing_column"),
    ):
        found = await applied(api, await send(api, content, kind="tokens"))
        assert (found["status"], found["error"]["code"]) == ("failed", code)
    folder = api.site.folder / "imports"
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert await api.sql.fetchval("SELECT count(*) FROM import_rows") == 0


async def test_forms_that_do_not_fit(api: Product) -> None:
    """Too large, no form, no kind, strange parts, parts twice, a mapping to what nobody may set: nothing is kept."""
    http = api.client
    for form, code in (
        ({"kind": "users_"}, "unknown_kind"),
        ({"kind": "chargers", "mapping": {"x": "organization_id"}}, "unknown_field"),
        ({"kind": "chargers", "mapping": {"x": "secret_hash"}}, "unknown_field"),
        ({"kind": "tokens", "mapping": {"x": "normalized"}}, "unknown_field"),
    ):
        answer = await send(api, "x\n1\n", **form)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
    for form in (
        {"kind": "tokens", "organization_id": OTHER},
        {"kind": "tokens", "dry_run": "perhaps"},
        {"kind": "tokens", "mapping": ["x"]},
        {"kind": "tokens", "mapping": {"x": "y" * 101}},
        {"kind": ""},
        {},
    ):
        answer = await send(api, "x\n1\n", **form)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body"), form
    for text in ("{", '{"x": "\\u0000"}'):
        answer = await http.post(IMPORTS, data={"kind": "tokens", "mapping": text}, files={"file": ("t", b"x")})
        assert answer.json()["errors"][0]["path"] == "body.mapping"
    head = {"Content-Type": "multipart/form-data; boundary=b"}
    part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    file = '--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nvalue\r\n--b--\r\n'
    for parts in (
        part.format("kind", "tokens") * 2,
        "".join(part.format(f"p{number}", "x") for number in range(21)),
        part.format("kind", "x" * 50_000),
    ):
        answer = await http.post(IMPORTS, content=(parts + file).encode(), headers=head)
        assert (answer.status_code, answer.json()["code"]) == (400, "broken_upload")
    broken = (part.format("kind", "\udcff") + file).encode(errors="surrogateescape")
    assert (await http.post(IMPORTS, content=broken, headers=head)).json()["code"] == "broken_upload"
    assert await api.refused("POST", IMPORTS, content=b"value\n1\n") == (422, "invalid_body")
    assert (await http.post(IMPORTS, files={"file": ("t", b"")}, data={"kind": "tokens"})).json()[
        "code"
    ] == "empty_file"
    large = await send(api, b"x" * (32 * 1024 * 1024 + 1), kind="tokens")
    assert (large.status_code, large.json()["code"]) == (413, "payload_too_large")
    assert [path for path in (api.site.folder / "imports").rglob("*") if path.is_file()] == []
    assert await api.items(IMPORTS) == []


async def test_cells_of_attackers(api: Product) -> None:
    """Columns set no more than bodies do; formulas, markup and paths are texts; names of files lose their folders."""
    table = (
        "id,name,organization_id,role,secret_hash,security_profile\n"
        f'=1+1,"<script>alert(1)</script>",{OTHER},admin,00,0\n'
        f'../../etc,"\'=HYPERLINK(""x"")",{OTHER},admin,00,0\n'
        f"OK,'=HYPERLINK(1),{OTHER},admin,00,1\n"
        "=cmd,x,,,,1\n"
    )
    found = await applied(api, await send(api, table, "..\\..\\/etc/pass\nwd.csv", kind="chargers"))
    assert found["file_name"] == "pass%0Awd.csv"
    assert found["mapping"] == {"id": "id", "name": "name", "security_profile": "security_profile"}
    assert counts(found) == (3, 0, 0, 1)
    rows = await api.sql.fetch("SELECT id, name, organization_id, secret_hash FROM chargers ORDER BY id")
    assert {row["organization_id"] for row in rows} == {DEFAULT_ORGANIZATION_ID}
    assert [row["id"] for row in rows] == ["=1+1", "=cmd", "OK"]
    assert [row["name"] for row in rows] == ["<script>alert(1)</script>", "x", "=HYPERLINK(1)"]
    (failed,) = await api.items(f"{IMPORTS}/{found['id']}/rows", status="failed")
    assert failed["errors"][0]["field"] == "id"
    secrets = (await api.client.get(f"{IMPORTS}/{found['id']}/secrets")).text.splitlines()
    assert [line.partition(",")[0] for line in secrets] == ["id", "OK", "'=cmd"]
    audit = str(await api.sql.fetch("SELECT before, after FROM audit_log"))
    assert not any(line.partition(",")[2] in audit for line in secrets[1:])


async def test_organizations_learn_nothing_of_each_other(api: Product) -> None:
    """A taken identity is taken, whosoever it is; imports, rows and secrets of others are not there."""
    await api.sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Other')", OTHER)
    await api.insert("chargers", id="THEIRS", organization_id=OTHER)
    taken = await applied(
        api, await send(api, "id,security_profile\nTHEIRS,0\nOURS,1\n", kind="chargers", on_conflict="update")
    )
    (failed,) = await api.items(f"{IMPORTS}/{taken['id']}/rows", status="failed")
    assert failed["errors"][0]["code"] == "identity_taken"
    assert OTHER not in str(failed)
    await api.sql.execute("UPDATE imports SET organization_id = $1", OTHER)
    await api.sql.execute("UPDATE import_rows SET organization_id = $1", OTHER)
    assert await api.items(IMPORTS) == []
    for method, path in (
        ("GET", ""),
        ("GET", "/rows"),
        ("GET", "/secrets"),
        ("POST", "/run"),
        ("POST", "/retry"),
        ("POST", "/cancel"),
    ):
        assert await api.refused(method, f"{IMPORTS}/{taken['id']}{path}") == (404, "import_not_found")


async def test_who_may_import_what(api: Product) -> None:
    """The permission to import is not the one to make chargers; secrets are for the importer; reading is not running."""
    site = await api.create("/api/v1/sites", name="Nord")
    run = [Permission.IMPORT_READ, Permission.IMPORT_RUN]
    roles: dict[str, list[str]] = {
        "importer": [*run, Permission.TOKEN_CREATE],
        "everywhere": [*run, Permission.CHARGER_CREATE],
        "reader": [Permission.IMPORT_READ, Permission.CHARGER_CREATE],
        "maker": [Permission.CHARGER_CREATE],
    }
    for key, permissions in roles.items():
        made = await api.client.post("/api/v1/roles", json={"key": key, "name": key, "permissions": permissions})
        assert made.status_code == 201, made.text
    table, chargers = "id,security_profile\nA,1\n", {"kind": "chargers"}
    files = {"file": ("t.csv", table.encode())}
    own = await applied(api, await send(api, table, **chargers))

    async def of(http: Any, method: str, path: str, **options: Any) -> tuple[int, str]:
        answer = await http.request(method, path, **options)
        return answer.status_code, answer.json().get("code", "")

    forbidden = (403, "forbidden")
    importer = await person(api, "ann", role="importer")
    assert await of(importer, "POST", IMPORTS, data=chargers, files=files) == forbidden
    tokens = {"kind": "tokens", "on_conflict": "update"}
    assert await of(importer, "POST", IMPORTS, data=tokens, files=files) == forbidden
    assert await of(importer, "GET", f"{IMPORTS}/{own['id']}") == forbidden
    assert await of(importer, "GET", f"{IMPORTS}/{own['id']}/rows") == forbidden
    assert await of(importer, "POST", f"{IMPORTS}/{own['id']}/run") == forbidden
    places = [{"role": "maker", "site_id": site["id"]}]
    limited = await person(api, "bob", role="importer", assignments=places)
    assert await of(limited, "POST", IMPORTS, data=chargers, files=files) == forbidden
    reader = await person(api, "cid", role="reader")
    assert await of(reader, "POST", IMPORTS, data=chargers, files=files) == forbidden
    assert await of(reader, "GET", f"{IMPORTS}/{own['id']}/secrets") == forbidden
    assert await of(reader, "POST", f"{IMPORTS}/{own['id']}/cancel") == forbidden
    assert (await reader.get(f"{IMPORTS}/{own['id']}/rows")).status_code == 200
    everywhere = await person(api, "dan", role="everywhere")
    assert await of(everywhere, "GET", f"{IMPORTS}/{own['id']}/secrets") == (404, "secrets_gone")
    assert (await api.client.get(f"{IMPORTS}/{own['id']}/secrets")).text.startswith("id,password\r\nA,")
    assert await of(client_of(api), "GET", IMPORTS) == (401, "unauthorized")
