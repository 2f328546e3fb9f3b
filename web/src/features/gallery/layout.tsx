// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Frames, and facts in them. */
import { Plug, RotateCw, TriangleAlert, Zap } from "lucide-react";
import { useState } from "react";

import { Columns, Line, Show } from "@/features/gallery/show";
import {
  Ago,
  Button,
  Card,
  CodeBlock,
  IconButton,
  JsonView,
  KeyValue,
  PageHeader,
  QrCode,
  SortableList,
  Sparkline,
  StatusBadge,
  Table,
  Timeline,
} from "@/kit";

const MESSAGE = {
  connectorId: 1,
  transactionId: 4711,
  meterValue: [
    {
      timestamp: "2026-11-29T04:00:00Z",
      sampledValue: [{ value: "11034", unit: "W", measurand: "Power.Active.Import" }],
    },
  ],
  valid: true,
  note: null,
};

const LONG = Array.from({ length: 5_000 }, (_, index) => ({ id: index, name: `row ${index}` }));

const ROWS = [
  { id: "1", name: "CP-0042", energy: 1234.5, at: "2026-11-29T03:00:00Z" },
  { id: "2", name: "CP-0007", energy: 22.25, at: "2026-11-28T03:00:00Z" },
  { id: "3", name: "CP-0100", energy: 409, at: "2026-11-20T03:00:00Z" },
];

function ago(seconds: number): string {
  return new Date(Date.now() - seconds * 1000).toISOString();
}

function Tiles() {
  const values = [3, 5, 4, 8, 12, 9, null, 11, 14, 13, 18, 16];
  return (
    <Show title="Card, Sparkline">
      <Card
        title="Power now"
        description="All sites"
        actions={<IconButton size="sm" label="Reload" icon={<RotateCw aria-hidden />} />}
        footer="As of 14:02"
      >
        <Sparkline label="Power" values={values} valueText={(value) => `${value} kW`} />
        <Line>
          <Sparkline label="Energy" values={values} tone="success" />
        </Line>
        <Sparkline label="Nothing" values={[]} />
      </Card>
    </Show>
  );
}

function Facts() {
  return (
    <Show title="KeyValue, Timeline">
      <Card>
        <KeyValue
          items={[
            { label: "Vendor", value: "Example" },
            { label: "Model", value: "Wall 22" },
            { label: "Firmware", value: "1.4.2" },
            { label: "Last message", value: <Ago at={ago(120)} isFocusable /> },
            { label: "Serial number", value: null },
          ]}
        />
      </Card>
      <Card>
        <KeyValue
          layout="list"
          items={[
            { label: "Vendor", value: "Example" },
            { label: "Model", value: "Wall 22" },
          ]}
        />
      </Card>
      <Card title="Events" level={3}>
        <Timeline
          label="Events"
          items={[
            {
              id: "1",
              title: "Session 4711 started",
              at: <Ago at={ago(60)} />,
              icon: <Zap aria-hidden />,
              tone: "success",
              text: "Tag DE-TNM-1",
            },
            { id: "2", title: "Connected", at: <Ago at={ago(4_000)} />, icon: <Plug aria-hidden />, tone: "info" },
            {
              id: "3",
              title: "Ground failure",
              at: <Ago at={ago(90_000)} />,
              icon: <TriangleAlert aria-hidden />,
              tone: "danger",
            },
            { id: "4", title: "Added", at: <Ago at={ago(900_000)} /> },
          ]}
        />
      </Card>
    </Show>
  );
}

function Machines() {
  return (
    <Show title="JsonView, CodeBlock, QrCode">
      <JsonView value={MESSAGE} label="MeterValues" depth={4} />
      <JsonView value={LONG} label="A long list" depth={1} />
      <CodeBlock code="wss://csms.example.org/ocpp/CP-0042" label="Address" />
      <QrCode text="https://csms.example.org/c/CP-0042" label="Leads to CP-0042" />
    </Show>
  );
}

export function LayoutPart() {
  const [order, setOrder] = useState(["Power", "Energy", "Alerts"]);
  return (
    <Columns>
      <Show title="PageHeader" isWide>
        <PageHeader
          title="CP-0042"
          setsDocumentTitle={false}
          status={<StatusBadge family="in_use" since={ago(3_000)} />}
          description="North car park, row 3"
          breadcrumbs={[
            { label: "Chargers", to: "/chargers" },
            { label: "North car park", to: "/sites/1" },
            { label: "CP-0042" },
          ]}
          actions={
            <>
              <Button variant="primary">Start</Button>
              <Button>Reset</Button>
            </>
          }
        />
      </Show>
      <Tiles />
      <Facts />
      <Machines />
      <Show title="Table">
        <Card isFlush>
          <Table
            label="Energy by charger"
            rows={ROWS}
            rowId={({ id }) => id}
            defaultSort={{ column: "name" }}
            columns={[
              { id: "name", label: "Charger", render: ({ name }) => name, sortValue: ({ name }) => name },
              {
                id: "energy",
                label: "Energy",
                align: "end",
                render: ({ energy }) => `${energy} kWh`,
                sortValue: ({ energy }) => energy,
              },
              { id: "at", label: "Last", render: ({ at }) => <Ago at={at} />, sortValue: ({ at }) => at },
            ]}
          />
        </Card>
      </Show>
      <Show title="SortableList">
        <SortableList label="Tiles" items={order.map((id) => ({ id, name: id }))} onOrder={setOrder} />
      </Show>
    </Columns>
  );
}
