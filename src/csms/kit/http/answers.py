# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Answers of seldom changing lists and items, kept in this process as the bytes that are sent.

An answer is found again by whoever is of the same organization, may do the same at the same places, and asks the same.
With it is kept how often the tables that it was made of had changed before their rows were read; after one more change
it is never given again. Who tells of the changes says also until when they are surely all told: past that, nothing is
given from here.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import Request, Response

from csms.kit.http.etag import is_known, tag_of
from csms.kit.http.principal import Principal
from csms.kit.metrics import Metrics

QUESTION: Final = "csms.question"
"""Where a request for something that may be kept stands in the ASGI scope."""
SURE_S: Final = 2.0
"""An answer is never older than that, whatever breaks between this process and the database."""
MAX_AGE_S: Final = 300.0
_OK: Final = 200
_JSON: Final = "application/json"
_VARY: Final = "Authorization, X-API-Key, Cookie"
_MAX_QUERY: Final = 1024
_AROUND_BYTES: Final = 1024  # what an entry takes beside its body, about
_SHARE: Final = 8  # one answer takes at most this part of the room

Mark = tuple[int, ...]
Key = tuple[UUID, bytes, str, bytes]


class Kept(Exception):  # noqa: N818  (no error: the way out of a handler whose answer is known)
    """The answer is known."""

    def __init__(self, answer: Response) -> None:
        super().__init__("kept")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class _Entry:
    body: bytes
    headers: Mapping[str, str]
    tag: str | None
    mark: Mark
    since_s: float

    @property
    def size(self) -> int:
        return len(self.body) + _AROUND_BYTES


class Answers:
    """What is kept. `routes`: paths of routes, each with the tables of which its answers are made.

    `harmless`: how the names of audited actions begin that change none of these tables.
    """

    def __init__(
        self,
        routes: Mapping[str, tuple[str, ...]],
        max_bytes: int,
        metrics: Metrics,
        *,
        harmless: tuple[str, ...] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.routes = routes
        self.max_bytes = max_bytes
        self.bytes = 0
        self._harmless = harmless
        self.monotonic = monotonic
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._times: dict[tuple[UUID, str], int] = {}
        self._epoch = 0
        self._sure_until_s = float("-inf")
        self._outcomes = {name: metrics.answers.labels(name) for name in ("kept", "made", "unchanged", "unsure")}
        metrics.answers_bytes.read_from(lambda: self.bytes)

    # -- changes

    def changed(self, organization_id: UUID, table: str = "") -> None:
        """A table changed, for an organization; or some tables of it did."""
        key = (organization_id, table)
        self._times[key] = self._times.get(key, 0) + 1

    def own_change(self, organization_id: UUID, actions: Iterable[str]) -> None:
        """This process committed something that was audited so: seen from now on by whoever asks here."""
        if not all(each.startswith(self._harmless) for each in actions):
            self.changed(organization_id)

    def forget_all(self) -> None:
        """Changes may have gone by untold."""
        self._epoch += 1
        self._entries.clear()
        self.bytes = 0

    def sure(self, at_s: float) -> None:
        """All that was committed before this instant was told."""
        self._sure_until_s = at_s + SURE_S

    def unsure(self) -> None:
        """Nobody tells of changes now."""
        self._sure_until_s = float("-inf")

    # -- requests

    def ask(self, request: Request) -> "Question | None":
        """A request whose answer may be kept; None for all others."""
        if request.method != "GET":
            return None
        tables = self.routes.get(getattr(request.scope.get("route"), "path", ""))
        return None if tables is None else Question(self, request, tables)

    def mark(self, organization_id: UUID, tables: tuple[str, ...]) -> Mark | None:
        """How often the tables changed until now; None where that is not known, or nothing is kept."""
        if not self.max_bytes or self.monotonic() >= self._sure_until_s:
            return None
        of = self._times.get
        return (self._epoch, of((organization_id, ""), 0), *(of((organization_id, table), 0) for table in tables))

    def find(self, key: Key, mark: Mark) -> _Entry | None:
        """What is kept, if nothing changed since."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.mark != mark or self.monotonic() - entry.since_s > MAX_AGE_S:
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def keep(self, key: Key, entry: _Entry) -> None:
        """Keep an answer; those that were not asked for longest make room."""
        if entry.size > self.max_bytes // _SHARE:
            return
        self._drop(key)
        self._entries[key] = entry
        self.bytes += entry.size
        while self.bytes > self.max_bytes:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.bytes -= entry.size

    def count(self, outcome: str) -> None:
        """For the metrics."""
        self._outcomes[outcome].inc()


class Question:
    """One request for something that may be kept."""

    def __init__(self, answers: Answers, request: Request, tables: tuple[str, ...]) -> None:
        self._answers = answers
        self._tables = tables
        self._path: str = request.scope["path"]
        self._query: bytes = request.scope.get("query_string", b"")
        self._known_tag = request.headers.get("if-none-match")
        self._key: Key | None = None
        self._mark: Mark | None = None

    def look(self, principal: Principal) -> None:
        """Now it is known who asks, and no row was read yet. Raises Kept where the answer is there."""
        if len(self._query) > _MAX_QUERY:
            return
        self._key = (principal.organization_id, principal.rights, self._path, self._query)
        self._mark = self._answers.mark(principal.organization_id, self._tables)
        entry = None if self._mark is None else self._answers.find(self._key, self._mark)
        if entry is not None:
            raise Kept(self._same(entry.tag, entry.headers, "kept") or Response(entry.body, _OK, entry.headers))

    def keep(self, answer: Response) -> Response:
        """The answer that was made, kept for the next; whoever has it already is told so.

        An item's own tag says what may be overwritten, and not that all of the answer is the same: nobody is told so
        by it.
        """
        body = getattr(answer, "body", None)
        if not isinstance(body, bytes) or answer.media_type != _JSON or answer.background is not None:
            return answer
        if answer.status_code != _OK or "set-cookie" in answer.headers:
            return answer
        own = answer.headers.get("etag")
        tag = tag_of(body) if own is None else None
        if tag is not None:
            answer.headers["ETag"] = tag
        answer.headers.setdefault("Cache-Control", "private, no-cache")
        answer.headers["Vary"] = _VARY
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        if self._key is not None and self._mark is not None and "no-store" not in headers["cache-control"]:
            self._answers.keep(self._key, _Entry(body, headers, tag, self._mark, self._answers.monotonic()))
        return self._same(tag, headers, "made" if self._mark is not None else "unsure") or answer

    def _same(self, tag: str | None, headers: Mapping[str, str], outcome: str) -> Response | None:
        if tag is None or not is_known(self._known_tag, tag):
            self._answers.count(outcome)
            return None
        self._answers.count("unchanged")
        return Response(status_code=304, headers={k: v for k, v in headers.items() if k != "content-type"})
