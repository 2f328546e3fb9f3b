# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`python -m csms.kit.export.typesetter`: JSON in, PDF out, each behind its length, until the input ends.

A program of its own, because it takes hundreds of megabytes for long lists and cannot be stopped otherwise: the process
that holds the chargers' connections neither grows nor waits. It ends by itself once it has grown.
"""

import json
import os
import resource
import sys
from pathlib import Path
from typing import Final

import typst

from csms.kit.export.exchange import ANSWER, DOCUMENT, PATIENT

TEMPLATE: Final = Path(__file__).with_name("table.typ")
_TAGGED_ROWS: Final = 1_000  # tags let a screen reader read a table; a long one would be thirty times as large
_MEMORY_BYTES: Final = 4 * 1024**3
_ENOUGH_BYTES: Final = 256 * 1024**2  # it remembers what it made; who has so much begins anew
_NOTHING: Final = (
    b'{"title":"","organization":"","lines":[""],"made_at":"","seconds":0,"header":["a"],"numbers":[false],'
    b'"widths":[5],"rows":[["a"]]}'
)


class Typesetter:
    """Makes PDFs of lists. Fonts are read once, and what was made once is known the next time."""

    def __init__(self) -> None:
        self._template = TEMPLATE.read_bytes()
        self._compiler = typst.Compiler(self._template, font_paths=typst.Fonts())

    def typeset(self, document: bytes) -> bytes:
        """The PDF of a list."""
        facts = json.loads(document)
        made = self._compiler.compile(
            self._template,
            format="pdf",
            sys_inputs={"list": document.decode()},
            pdf_tags=len(facts["rows"]) <= _TAGGED_ROWS,
            timestamp=facts["seconds"],
        )
        assert isinstance(made, bytes)
        return made


def _resident_bytes() -> int:
    """Of now: the largest ever, which the system tells too, begins with what the parent had."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main() -> None:
    """Documents, one after the other; none if the one who started this wants none."""
    if PATIENT in sys.argv:
        os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    typesetter = Typesetter()
    typesetter.typeset(_NOTHING)  # what the program says is known before the document is there
    stays = True
    while stays and (head := sys.stdin.buffer.read(DOCUMENT.size)):
        made = typesetter.typeset(sys.stdin.buffer.read(*DOCUMENT.unpack(head)))
        stays = _resident_bytes() < _ENOUGH_BYTES
        sys.stdout.buffer.write(ANSWER.pack(len(made), stays) + made)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
