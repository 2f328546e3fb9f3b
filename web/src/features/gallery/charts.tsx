// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Charts; loaded by themselves, as on any screen. */
import { Show } from "@/features/gallery/show";
import { Card } from "@/kit";
import { BarChart, Heatmap, LineChart } from "@/kit/chart";

const START = Date.parse("2026-11-29T00:00:00Z");
const STEP_MS = 15 * 60_000;

function wave(shift: number): [number, number | null][] {
  return Array.from({ length: 96 }, (_, index) => {
    const value = Math.max(0, Math.sin((index + shift) / 14) * 120 + 130);
    return [START + index * STEP_MS, index > 40 && index < 46 ? null : Math.round(value * 10) / 10];
  });
}

const LINES = [
  { id: "power", name: "Power", points: wave(0), isArea: true },
  { id: "allocated", name: "Allocated", points: wave(20) },
];
const LIMIT = { value: 230, label: "Limit 230 kW" };
const SITES = ["North car park", "South car park", "Bus depot", "Harbour", "Office"];
const BARS = [
  { id: "ac", name: "AC", values: [320, 210, 80, 150, 90] },
  { id: "dc", name: "DC", values: [120, 0, 640, 60, null] },
];
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour));
const HEAT = DAYS.map((_, day) =>
  HOURS.map((__, hour) => Math.round(Math.max(0, Math.sin((hour - 5) / 4) * 60 + (day < 5 ? 30 : 0)))),
);

function kilowatts(value: number): string {
  return `${value} kW`;
}

function kilowattHours(value: number): string {
  return `${value} kWh`;
}

function percent(value: number): string {
  return `${value} %`;
}

export default function Charts() {
  return (
    <>
      <Show title="LineChart">
        <Card title="Power today" level={3}>
          <LineChart label="Power today" series={LINES} limit={LIMIT} valueText={kilowatts} />
        </Card>
      </Show>
      <Show title="BarChart">
        <Card title="Energy by site" level={3}>
          <BarChart
            label="Energy by site"
            categoryLabel="Site"
            categories={SITES}
            series={BARS}
            isStacked
            valueText={kilowattHours}
          />
        </Card>
      </Show>
      <Show title="BarChart, horizontal">
        <Card title="Energy by site, beside" level={3}>
          <BarChart
            label="Energy by site, beside"
            categoryLabel="Site"
            categories={SITES}
            series={BARS.slice(0, 1)}
            isHorizontal
            valueText={kilowattHours}
          />
        </Card>
      </Show>
      <Show title="Heatmap">
        <Card title="Utilisation" level={3}>
          <Heatmap label="Utilisation" rowLabel="Day" rows={DAYS} columns={HOURS} values={HEAT} valueText={percent} />
        </Card>
      </Show>
      <Show title="Loading and empty">
        <Card title="Loading" level={3}>
          <LineChart label="Loading" series={[]} isLoading height="8rem" />
        </Card>
        <Card title="Empty" level={3}>
          <LineChart label="Empty" series={[]} height="8rem" />
        </Card>
      </Show>
    </>
  );
}
