# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The one MetaData that all tables hang on, and the columns they share."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, MetaData, Table, Uuid, func

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

DEFAULT_ORGANIZATION_ID = UUID("00000000-0000-7000-8000-000000000001")


def organization_id() -> Column[UUID]:
    """The owner of the row; row-level security compares it with the transaction's organization."""
    return Column("organization_id", Uuid, nullable=False)


def created_at() -> Column[datetime]:
    """When the row was made."""
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now())


def updated_at() -> Column[datetime]:
    """When the row was last changed."""
    return Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now())


def timestamp(name: str, *, nullable: bool = True) -> Column[datetime]:
    """An aware instant."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def page_indexes(table: str, order: tuple[str, ...], *columns: str) -> list[Index]:
    """For a list: rows with a value of a column lie in the list's order, so that a page of them is read and no more."""
    return [Index(f"ix_{table}_by_{column}", "organization_id", column, *order) for column in columns]


def folded_index(table: Table, column: str) -> Index:
    """What `csms_spellings` walks along: a column in lower case (COLLATE "C", which nobody reflects), then as it is."""
    texts = table.c[column]
    folded = func.lower(texts)
    return Index(f"ix_{table.name}_{column}_folded", table.c.organization_id, folded, texts)


def searched_index(table: Table, *columns: str) -> Index:
    """What `csms_found` looks into: trigrams of texts, for the `q=` of a long list."""
    classes = dict.fromkeys(columns, "gin_trgm_ops")
    found = (table.c[each] for each in columns)
    return Index(f"ix_{table.name}_searched", *found, postgresql_using="gin", postgresql_ops=classes)
