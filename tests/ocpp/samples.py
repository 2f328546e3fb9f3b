# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Messages made up from the official JSON schemas, right and wrong ones."""

import json
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from csms.ocpp.codec import Protocol

FOLDERS = {Protocol.V16: "v16", Protocol.V201: "v201", Protocol.V21: "v21"}
SPECIAL = ["é", "😀", '"', "\\", "\n", "/", "\u2028", "Ω"]


@cache
def schemas(protocol: Protocol) -> dict[tuple[str, str], dict[str, Any]]:
    """The packaged schemas of one version by (action, "request" or "response")."""
    found = {}
    for entry in (files("ocpp") / FOLDERS[protocol] / "schemas").iterdir():
        if entry.name.endswith(".json"):
            name = entry.name.removesuffix(".json")
            kind = "response" if name.endswith("Response") else "request"
            action = name.removesuffix("Response")
            if protocol is not Protocol.V16:
                action = action.removesuffix("Request")
            found[action, kind] = json.loads(entry.read_text(encoding="utf-8-sig"))
    return dict(sorted(found.items()))


def official(protocol: Protocol, action: str, kind: str) -> dict[str, Any]:
    """The packaged schema with the corrections that the generator states."""
    schema: dict[str, Any] = json.loads(json.dumps(schemas(protocol)[action, kind]))
    if protocol is Protocol.V16 and (action, kind) == ("StopTransaction", "request"):
        metering = schemas(protocol)["MeterValues", "request"]["properties"]["meterValue"]["items"]
        schema["properties"]["transactionData"]["items"] = metering
    if protocol is Protocol.V201 and (action, kind) == ("Get15118EVCertificate", "response"):
        schema["properties"]["exiResponse"]["maxLength"] = 5600
    return schema


def make(schema: dict[str, Any], random: Random, root: dict[str, Any] | None = None, full: float = 0.5) -> Any:
    """A value that satisfies a schema; optional fields are there with probability `full`."""
    root = schema if root is None else root
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/definitions/")
        value = make(root["definitions"][name], random, root, full)
        if name == "CustomDataType":
            value |= {"x-made-up": random.choice([1, 2.5, None, True, "text", [1, [2]], {"a": {"b": None}}])}
        return value
    if "enum" in schema:
        return random.choice(schema["enum"])
    match schema.get("type"):
        case "object":
            required = schema.get("required", ())
            return {
                name: make(item, random, root, full)
                for name, item in schema.get("properties", {}).items()
                if name in required or random.random() < full
            }
        case "array":
            low = schema.get("minItems", 0)
            return [make(schema["items"], random, root, full / 2) for _ in range(low + random.randint(0, 1))]
        case "integer":
            return random.randint(int(schema.get("minimum", -1000)), int(schema.get("maximum", 100_000)))
        case "number":
            low, high = schema.get("minimum", -1e4), schema.get("maximum", 1e6)
            return round(random.uniform(low, high), 1 if "multipleOf" in schema else 6)
        case "boolean":
            return random.random() < 0.5
        case "string" if schema.get("format") == "date-time":
            fraction = random.choice(["", ".5", ".123", ".123456"])
            return f"20{random.randint(10, 99)}-02-28T23:59:5{random.randint(0, 9)}{fraction}" + random.choice(
                ["Z", "z", "+01:00", "-11:30"]
            )
        case "string":
            length = min(schema.get("maxLength", 30), random.choice([1, 5, 30, 10_000]))
            return "".join(random.choice([*SPECIAL, *"abc 123"]) for _ in range(length))
        case _:
            return random.choice([1, 2.5, True, "text", [1, {"a": None}], {"a": [1.5]}])


def spoil(value: Any, random: Random) -> Any:
    """A copy with one thing changed somewhere, which may or may not make it wrong."""
    value = json.loads(json.dumps(value))
    spots: list[tuple[Any, Any]] = []

    def collect(node: Any) -> None:
        pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, item in pairs:
            if key not in {"customData", "data"}:
                spots.append((node, key))
                collect(item)

    collect(value)
    if not spots or random.random() < 0.1:
        value["surprise"] = 1
        return value
    holder, key = random.choice(spots)
    old = holder[key]
    match random.randint(0, 5):
        case 0 if isinstance(holder, dict):
            del holder[key]
        case 1:
            holder[key] = [] if isinstance(old, list) else {}
        case 2:
            holder[key] = None
        case 3 if isinstance(old, list) and old:
            holder[key] = old * random.choice([2, 30])
        case 3 if isinstance(old, str) and not _is_time(old):
            holder[key] = old + "x" * random.choice([1, 20, 12_000])
        case 4 if isinstance(old, int | float):
            holder[key] = random.choice([-old, old + 1_000_000, -1, 0, "1"])
        case _:
            holder[key] = random.choice([True, 3, [1], {"a": 1}] + ([] if _is_time(old) else ["text"]))
    return value


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and value[:2] == "20" and value[10:11] == "T"
