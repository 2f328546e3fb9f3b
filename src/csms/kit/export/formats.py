# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The kinds of files that there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from csms.kit.errors import InvalidError


class ExportTooLargeError(InvalidError):
    """The list has more rows than a file of this kind; ask for less, or for another kind."""

    code: ClassVar[str] = "export_too_large"


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. `max_rows`: what does not fit is refused before it begins, never cut."""

    name: str
    media_type: str
    max_rows: int | None = None
    parameters: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        """The header."""
        return self.media_type + self.parameters

    def check(self, rows: int) -> None:
        """Raises ExportTooLargeError for more rows than fit."""
        if self.max_rows is not None and rows > self.max_rows:
            raise ExportTooLargeError(
                f"this list has more than the {self.max_rows:,} rows of a {self.name} file: narrow the filters, or "
                "take csv or ndjson"
            )


CSV: Final = Format("csv", "text/csv", parameters="; charset=utf-8; header=present")
XLSX: Final = Format(
    "xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    schema={"format": "binary"},
)
PDF: Final = Format("pdf", "application/pdf", max_rows=5_000, schema={"format": "binary"})
NDJSON: Final = Format("ndjson", "application/x-ndjson")
FORMATS: Final[Mapping[str, Format]] = {each.name: each for each in (CSV, XLSX, PDF, NDJSON)}
