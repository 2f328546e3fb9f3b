# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the campaigns feature."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import created_at, metadata, organization_id, timestamp, updated_at

firmware_campaigns = Table(
    "firmware_campaigns",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("name", String, nullable=False),
    Column("firmware", Uuid),  # an image of the library; else a location
    Column("location", String),
    Column("signature", String),
    Column("signing_certificate", String),
    Column("version", String),  # that chargers tell once they have it; none: it is not known
    Column("filter", JSONB(none_as_null=True)),  # none: they were named one by one
    Column("ids", JSONB(none_as_null=True)),
    Column("waves", JSONB, nullable=False),  # as asked for
    Column("sizes", JSONB(none_as_null=True)),  # how many chargers are in each, once it began
    Column("maintenance_window", JSONB(none_as_null=True)),
    Column("at_once", Integer, nullable=False),
    Column("stop_on_failure_percent", Integer),
    Column("retries", Integer, nullable=False),
    Column("retry_after_s", Integer, nullable=False),
    Column("download_retries", Integer),
    Column("wait_s", Integer, nullable=False),
    Column("timeout_s", Integer, nullable=False),
    Column("wait_for_transactions", Boolean, nullable=False),
    timestamp("install_at"),
    timestamp("starts_at"),
    timestamp("ends_at"),
    Column("status", String, nullable=False, server_default=text("'draft'")),
    Column("reason", String),  # why it is paused or was stopped
    Column("round", Integer, nullable=False, server_default=text("0")),  # 1: it was tried again once where it failed
    Column("wave", Integer, nullable=False, server_default=text("0")),  # that is at work
    timestamp("wave_over_at"),
    Column("total", Integer),
    Column("counts", JSONB(none_as_null=True)),  # what it came to, once nothing is under way any more
    timestamp("next_at"),  # when it has to be looked at; none: never again
    Column("open_zones", ARRAY(String), nullable=False, server_default=text("'{}'")),  # where the window is open now
    Column("places", ARRAY(Uuid)),  # of a draft: where whoever made it may do this; none: everywhere
    Column("actor_kind", String, nullable=False),
    Column("actor_id", String),
    Column("actor_name", String, nullable=False),
    created_at(),
    updated_at(),
    timestamp("started_at"),
    timestamp("finished_at"),
    CheckConstraint("status in ('draft', 'scheduled', 'running', 'paused', 'stopped', 'done')", name="status"),
    CheckConstraint("(firmware is null) <> (location is null)", name="image"),
    Index("ix_firmware_campaigns_organization_id", "organization_id", "created_at"),
    Index("ix_firmware_campaigns_next_at", "organization_id", "next_at", postgresql_where=text("next_at is not null")),
)
firmware_campaign_targets = Table(
    "firmware_campaign_targets",
    metadata,
    Column("campaign", Uuid, ForeignKey("firmware_campaigns.id", ondelete="CASCADE"), primary_key=True),
    Column("charger_id", String, primary_key=True),
    organization_id(),
    Column("wave", Integer, nullable=False),  # 0: nothing is to be done there
    Column("status", String, nullable=False),
    Column("reason", String),
    Column("from_version", String),
    Column("time_zone", String),  # of its site, since the campaign runs
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("command", Uuid),
    Column("progress", String),  # what the charger told last, in its own words
    timestamp("progress_at"),
    timestamp("retry_at"),  # not before
    timestamp("expires_at"),  # nobody waits for it any longer
    timestamp("finished_at"),
    ForeignKeyConstraint(
        ["organization_id", "charger_id"], ["chargers.organization_id", "chargers.id"], ondelete="CASCADE"
    ),
    CheckConstraint(
        "status in ('waiting', 'sent', 'downloading', 'downloaded', 'installing', 'verifying',"
        " 'installed', 'skipped', 'failed', 'expired', 'cancelled')",
        name="status",
    ),
    Index("ix_firmware_campaign_targets_campaign_status", "campaign", "status", "charger_id"),
    Index("ix_firmware_campaign_targets_organization_id_charger_id", "organization_id", "charger_id"),
    Index("ix_firmware_campaign_targets_command", "command"),
)
