// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What it is like: badges, messages, waiting, nothing, errors. */
import { PlugZap } from "lucide-react";

import { Columns, Line, Show } from "@/features/gallery/show";
import {
  Ago,
  Badge,
  Banner,
  Button,
  Card,
  Chip,
  EmptyState,
  ErrorState,
  LiveDot,
  Loading,
  Meter,
  NoPermission,
  ProgressBar,
  SeverityBadge,
  Skeleton,
  Spinner,
  StatusBadge,
  toast,
} from "@/kit";
import { Problem } from "@/lib/problems";

const FAMILIES = ["available", "in_use", "reserved", "unavailable", "faulted", "offline"] as const;
const SEVERITIES = ["critical", "major", "minor", "warning", "info"] as const;
const TONES = ["info", "success", "warning", "danger"] as const;
const FAILED = new Problem(500, {
  detail: "something went wrong here; the log has it under the trace_id",
  trace_id: "7d0c1f3a9b2e4c55",
});
const LIMITED = new Problem(429, { detail: "60 requests a minute are allowed" }, new Headers({ "retry-after": "20" }));

function ago(seconds: number): string {
  return new Date(Date.now() - seconds * 1000).toISOString();
}

function Badges() {
  return (
    <>
      <Show title="StatusBadge">
        <Line>
          {FAMILIES.map((family) => (
            <StatusBadge key={family} family={family} />
          ))}
        </Line>
        <Line>
          <StatusBadge family="in_use" label="Suspended by the car" since={ago(4_000)} />
          <StatusBadge family="offline" since={ago(90_000)} />
          <StatusBadge family="faulted" size="sm" />
        </Line>
      </Show>
      <Show title="SeverityBadge, Badge, Chip, LiveDot, Ago">
        <Line>
          {SEVERITIES.map((severity) => (
            <SeverityBadge key={severity} severity={severity} />
          ))}
        </Line>
        <Line>
          <Badge>Neutral</Badge>
          {TONES.map((tone) => (
            <Badge key={tone} tone={tone}>
              {tone}
            </Badge>
          ))}
        </Line>
        <Line>
          <Chip>OCPP 2.0.1</Chip>
          <Chip onRemove={() => undefined}>Fleet</Chip>
        </Line>
        <Line>
          <LiveDot state="live" />
          <LiveDot state="connecting" />
          <LiveDot state="lost" />
          <LiveDot state="paused" />
        </Line>
        <Line>
          <Ago at={ago(2)} />
          <Ago at={ago(45)} />
          <Ago at={ago(600)} />
          <Ago at={ago(90_000)} isFocusable />
        </Line>
      </Show>
    </>
  );
}

function Waiting() {
  return (
    <Show title="Skeleton, Spinner, ProgressBar, Meter">
      <Loading>
        <Line>
          <Skeleton variant="circle" />
          <Skeleton lines={3} width="16rem" />
        </Line>
        <Skeleton variant="block" height="3rem" />
      </Loading>
      <Line>
        <Spinner />
        <Spinner size="lg" />
      </Line>
      <ProgressBar label="Updating firmware" value={72} max={200} valueText="72 of 200" />
      <ProgressBar label="Looking" />
      <Meter label="Site load" value={120} max={400} valueText="120 kW of 400 kW" elevated={320} high={380} />
      <Meter label="Site load, high" value={340} max={400} valueText="340 kW of 400 kW" elevated={320} high={380} />
      <Meter label="Site load, too high" value={395} max={400} valueText="395 kW of 400 kW" elevated={320} high={380} />
    </Show>
  );
}

export function StatesPart() {
  return (
    <Columns>
      <Badges />
      <Show title="Banner">
        {TONES.map((tone) => (
          <Banner key={tone} tone={tone} title={`A banner that is ${tone}`} live="off">
            {tone === "warning" && "Live updates lost at 14:02; trying again."}
          </Banner>
        ))}
        <Banner
          title="With an action"
          live="off"
          action={<Button size="sm">Reload</Button>}
          onClose={() => undefined}
        />
      </Show>
      <Show title="Toasts">
        <Line>
          {TONES.map((tone) => (
            <Button
              key={tone}
              onPress={() =>
                toast({
                  tone,
                  title: "Reset was accepted",
                  text: "CP-0042 restarts now.",
                  action: { label: "Job", to: "/jobs" },
                })
              }
            >
              {tone}
            </Button>
          ))}
        </Line>
      </Show>
      <Waiting />
      <Show title="EmptyState">
        <Card>
          <EmptyState
            icon={<PlugZap aria-hidden />}
            title="No chargers yet"
            text="Add one, or point a charger at this address."
            action={<Button variant="primary">Add charger</Button>}
          />
        </Card>
        <Card>
          <EmptyState isCompact title="Nothing fits these filters" action={<Button size="sm">Clear filters</Button>} />
        </Card>
      </Show>
      <Show title="ErrorState, NoPermission">
        <Card>
          <ErrorState problem={FAILED} onRetry={() => undefined} />
        </Card>
        <Card>
          <ErrorState problem={LIMITED} isCompact />
        </Card>
        <Card>
          <ErrorState problem={new TypeError("network")} isCompact onRetry={() => undefined} />
        </Card>
        <Card>
          <NoPermission permission="chargers.command" />
        </Card>
      </Show>
    </Columns>
  );
}
