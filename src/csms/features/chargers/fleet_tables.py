# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of sums over the whole fleet. Written by the worker out of what triggers mark; only `fleet` reads them."""

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Uuid

from csms.kit.db.metadata import metadata, organization_id

COUNTS: Final = (
    "chargers",
    "known",  # connected at least once
    # the state of chargers, if they are connected
    "faulted", "unavailable", "reserved", "in_use", "available",
    # connectors by their states
    "k_faulted", "k_unavailable", "k_reserved", "k_occupied", "k_available", "k_unknown",
)  # fmt: skip


def _counts() -> list[Column[int]]:
    return [Column(name, Integer, nullable=False) for name in COUNTS]


# What each charger was summed as. `node_id`: where it is connected.
charger_states = Table(
    "charger_states",
    metadata,
    Column("charger_id", String, primary_key=True),
    organization_id(),
    Column("site_id", Uuid),
    Column("node_id", String),
    Column("retired", Boolean, nullable=False),
    *_counts(),
    Index("ix_charger_states_organization_id", "organization_id"),
)

# Chargers that are no longer what they were summed as.
charger_state_marks = Table(
    "charger_state_marks",
    metadata,
    organization_id(),
    Column("charger_id", String, nullable=False),
    Index("ix_charger_state_marks_organization_id", "organization_id"),
)

# `key`: site, whether retired, and node.
fleet_sums = Table(
    "fleet_sums",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("key", String, primary_key=True),
    Column("site_id", Uuid),
    Column("node_id", String),
    Column("retired", Boolean, nullable=False),
    *_counts(),
)
