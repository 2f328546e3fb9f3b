// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Long lists and charts. */
import { Pencil, RotateCw } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";

import { Columns, Show } from "@/features/gallery/show";
import {
  Ago,
  BulkBar,
  Button,
  DataGrid,
  EmptyState,
  NOTHING_SELECTED,
  Skeleton,
  StatusBadge,
  type GridColumn,
  type GridSort,
  type StatusFamily,
} from "@/kit";
import { Problem } from "@/lib/problems";
import { Rows } from "@/lib/rows";

const Charts = lazy(() => import("@/features/gallery/charts"));

interface Charger {
  name: string;
  site: string;
  family: StatusFamily;
  power: number;
  seen: string;
  version: string;
}

const FAMILIES: StatusFamily[] = ["available", "in_use", "reserved", "unavailable", "faulted", "offline"];
const COLUMNS: GridColumn<Charger>[] = [
  { id: "name", label: "Charger", width: 160, sortable: true, render: ({ name }) => name },
  { id: "site", label: "Site", width: 180, sortable: true, render: ({ site }) => site },
  { id: "status", label: "Status", width: 160, render: ({ family }) => <StatusBadge family={family} size="sm" /> },
  { id: "power", label: "Power", width: 110, align: "end", sortable: true, render: ({ power }) => `${power} kW` },
  { id: "seen", label: "Last message", width: 150, sortable: true, render: ({ seen }) => <Ago at={seen} /> },
  { id: "version", label: "OCPP", width: 100, isHidden: true, render: ({ version }) => version },
];
const TOTAL = 100_000;
const PAGE = 200;
const rows = new Rows<Charger>();

function made(index: number): string {
  const id = `cp-${index}`;
  rows.put(id, {
    name: `CP-${String(index).padStart(5, "0")}`,
    site: `Site ${index % 40}`,
    family: FAMILIES[index % FAMILIES.length] ?? "available",
    power: (index * 7) % 350,
    seen: new Date(Date.now() - (index % 5_000) * 60_000).toISOString(),
    version: index % 2 ? "1.6" : "2.0.1",
  });
  return id;
}

function pages(count: number): string[] {
  return Array.from({ length: count }, (_, index) => made(index));
}

function Grid() {
  // ?rows=100000: all at once, for measuring
  const [ids, setIds] = useState(() => pages(Number(new URLSearchParams(location.search).get("rows") ?? PAGE)));
  const [isLoading, setLoading] = useState(false);
  const [selection, setSelection] = useState(NOTHING_SELECTED);
  const [sort, setSort] = useState<GridSort>({ column: "name", isDescending: false });
  const [opened, setOpened] = useState("");
  const more = () => {
    setLoading(true);
    setTimeout(() => {
      setIds((now) => [...now, ...Array.from({ length: PAGE }, (_, index) => made(now.length + index))]);
      setLoading(false);
    }, 400);
  };
  return (
    <>
      <DataGrid
        label="Chargers"
        columns={COLUMNS}
        ids={ids}
        rows={rows}
        rowName={({ name }) => name}
        total={TOTAL}
        sort={sort}
        onSort={setSort}
        onEnd={ids.length < TOTAL ? more : undefined}
        isLoading={isLoading}
        selection={selection}
        onSelection={setSelection}
        href={({ name }) => `/chargers/${name}`}
        onOpen={setOpened}
        actions={({ name }) => [
          { id: "edit", label: `Edit ${name}`, icon: <Pencil aria-hidden /> },
          { id: "reset", label: "Reset", icon: <RotateCw aria-hidden />, isDisabled: true, reason: "It is offline." },
        ]}
        height="28rem"
        toolbar={opened && <span>Opened: {opened}</span>}
      />
      <BulkBar selection={selection} onSelection={setSelection} total={TOTAL}>
        <Button size="sm">Reset</Button>
        <Button size="sm">Update firmware</Button>
      </BulkBar>
    </>
  );
}

const NO_ROWS = new Rows<Charger>();
const FAILED = new Problem(503, { detail: "the database does not answer" });

export function DataPart() {
  const few = useMemo(() => pages(2), []);
  const common = { columns: COLUMNS, rowName: ({ name }: Charger) => name };
  return (
    <Columns>
      <Show title="DataGrid, BulkBar" isWide>
        <Grid />
      </Show>
      <Show title="DataGrid, loading" isWide>
        <DataGrid {...common} label="Loading" ids={[]} rows={NO_ROWS} isLoading />
      </Show>
      <Show title="DataGrid, nothing there" isWide>
        <DataGrid
          {...common}
          label="Nothing"
          ids={[]}
          rows={NO_ROWS}
          empty={<EmptyState title="Nothing fits these filters" />}
        />
      </Show>
      <Show title="DataGrid, more could not be loaded" isWide>
        <DataGrid {...common} label="Failed" ids={few} rows={rows} problem={FAILED} onRetry={() => undefined} />
      </Show>
      <Suspense fallback={<Skeleton variant="block" />}>
        <Charts />
      </Suspense>
    </Columns>
  );
}
