# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the reports feature: sums by quarter hours of UTC, a row for a day (`csms.features.reports.rules`).

An array holds a running sum: its n-th number is what there was from the day's beginning to the end of its n-th quarter
hour. So a part of a day is one subtraction, however long it is. None: nothing all day.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    String,
    Table,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

from csms.kit.db.metadata import metadata, organization_id, timestamp

# What was charged at a charger with a tag on a day. The arrays begin with the quarter hour `first`: before it there was
# nothing, behind the last number nothing was added.
charging_days = Table(
    "charging_days",
    metadata,
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("day", Date, nullable=False),
    Column("id_tag", String),
    Column("first", SmallInteger, nullable=False),
    Column("energy_wh", ARRAY(Integer)),
    Column("in_use_s", ARRAY(Integer)),
    Column("started", ARRAY(SmallInteger)),
    Column("ended", ARRAY(SmallInteger)),
    Index("ix_charging_days_organization_id_charger_id_day", "organization_id", "charger_id", "day"),
    Index("ix_charging_days_organization_id_day", "organization_id", "day"),
)

# How a charger was, in seconds of its EVSEs. An array of one number: the same in each quarter hour of the day, and that
# much in all of it.
availability_days = Table(
    "availability_days",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("charger_id", String, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("time_s", ARRAY(Integer)),  # that there were
    Column("watched_s", ARRAY(Integer)),  # in which its connections were written down
    Column("online_s", ARRAY(Integer)),
    Column("out_of_order_s", ARRAY(Integer)),  # faulted or unavailable while online
    Index("ix_availability_days_organization_id_day", "organization_id", "day"),
)

# All chargers of an organization together: arrays of 96 numbers.
fleet_days = Table(
    "fleet_days",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("day", Date, primary_key=True),
    *(
        Column(name, ARRAY(BigInteger), nullable=False)
        for name in (
            "energy_wh",
            "in_use_s",
            "started",
            "ended",
            "time_s",
            "watched_s",
            "online_s",
            "out_of_order_s",
        )
    ),
)

# Days of chargers that are to be worked out again.
rollup_marks = Table(
    "rollup_marks",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("charging", Boolean, nullable=False),
    Column("availability", Boolean, nullable=False),
    Index("ix_rollup_marks_organization_id_charger_id_id", "organization_id", "charger_id", "id"),
)

# Transactions that were open when the worker looked last, and as many of their readings as quarter hours need, of those
# that came until then.
rollup_running = Table(
    "rollup_running",
    metadata,
    Column("transaction", Uuid, primary_key=True),
    organization_id(),
    timestamp("read_until"),
    Column("measured_at", ARRAY(TIMESTAMP(timezone=True))),
    Column("energy_wh", ARRAY(Numeric(18, 3))),
    Column("told_at", ARRAY(TIMESTAMP(timezone=True))),
    Index("ix_rollup_running_organization_id", "organization_id"),
)

# How far the worker is. `backfilled_to`: the charger whose history was worked out last; None: all have theirs.
rollup_states = Table(
    "rollup_states",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    timestamp("read_until", nullable=False),
    timestamp("swept_until", nullable=False),
    Column("backfilled_to", String),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
)
