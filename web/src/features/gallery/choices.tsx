// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Yes or no, some, one; and how much. */
import { useState } from "react";

import { Columns, Line, Show } from "@/features/gallery/show";
import {
  Checkbox,
  CheckboxGroup,
  Disclosure,
  FilterBar,
  RadioGroup,
  Slider,
  Stepper,
  Switch,
  Tabs,
  type FilterValues,
} from "@/kit";

const DAYS = ["Monday", "Tuesday", "Wednesday"].map((label) => ({ id: label.toLowerCase(), label }));

const FILTERS = [
  { id: "text", label: "Name", kind: "text" },
  {
    id: "status",
    label: "Status",
    kind: "options",
    options: ["Available", "In use", "Faulted", "Offline"].map((label) => ({ id: label, label })),
  },
  { id: "public", label: "Public", kind: "boolean" },
  { id: "seen", label: "Seen", kind: "date_range" },
  { id: "power", label: "Power", kind: "number_range", unit: "kW" },
] as const;

export function ChoicesPart() {
  const [power, setPower] = useState(11);
  const [filters, setFilters] = useState<FilterValues>({
    status: ["Faulted", "Offline"],
    power: { min: 11, max: 22 },
    seen: { from: "2026-11-01", to: "2026-11-29" },
    public: true,
  });
  return (
    <Columns>
      <Show title="FilterBar" isWide>
        <FilterBar filters={FILTERS} value={filters} onChange={setFilters} />
        <FilterBar filters={FILTERS} value={{}} onChange={() => undefined} />
      </Show>
      <Show title="Checkbox">
        <Checkbox>Off</Checkbox>
        <Checkbox defaultSelected description="With a few words of what it does.">
          On
        </Checkbox>
        <Checkbox isIndeterminate>Some</Checkbox>
        <Line>
          <Checkbox isDisabled>Disabled</Checkbox>
          <Checkbox isDisabled defaultSelected>
            Disabled, on
          </Checkbox>
        </Line>
        <Checkbox error="This has to be agreed to.">With an error</Checkbox>
        <CheckboxGroup label="Days" options={DAYS} defaultSelected={["monday"]} description="When it is open." />
        <CheckboxGroup
          label="Days, in a row"
          isRow
          options={DAYS}
          defaultSelected={["monday", "tuesday"]}
          error="Not Tuesday."
        />
      </Show>
      <Show title="RadioGroup">
        <RadioGroup
          label="Validation"
          defaultSelected="advisory"
          options={[
            { id: "advisory", label: "Advisory", description: "Forgives small mistakes and notes them." },
            { id: "strict", label: "Strict", description: "Refuses whatever breaks the schema." },
            { id: "off", label: "Off", isDisabled: true },
          ]}
        />
        <RadioGroup label="In a row" isRow defaultSelected="monday" options={DAYS} />
      </Show>
      <Show title="Switch">
        <Switch>Off</Switch>
        <Switch defaultSelected description="Sends a mail when a charger goes offline.">
          On
        </Switch>
        <Line>
          <Switch isDisabled>Disabled</Switch>
          <Switch isDisabled defaultSelected>
            Disabled, on
          </Switch>
        </Line>
      </Show>
      <Show title="Slider">
        <Slider
          label="Power limit"
          value={power}
          onChange={setPower}
          max={22}
          step={0.5}
          valueText={(value) => `${value} kW`}
        />
        <Slider label="Disabled" defaultValue={40} isDisabled />
      </Show>
      <Show title="Tabs">
        <Tabs
          label="Sessions"
          defaultSelected="attention"
          items={[
            { id: "attention", label: "Needs attention", count: 3, content: <p>Three sessions.</p> },
            { id: "active", label: "Active", count: 128, content: <p>Those that run.</p> },
            { id: "finished", label: "Finished", content: <p>Those that are over.</p> },
            { id: "off", label: "Disabled", isDisabled: true, content: null },
          ]}
        />
      </Show>
      <Show title="Disclosure">
        <div>
          <Disclosure title="Closed">Hidden.</Disclosure>
          <Disclosure title="Open" defaultOpen>
            More about it.
          </Disclosure>
        </div>
      </Show>
      <Show title="Stepper" isWide>
        <Stepper
          current="map"
          onStep={() => undefined}
          steps={[
            { id: "file", label: "Choose a file" },
            { id: "map", label: "Match the columns" },
            { id: "check", label: "Check" },
            { id: "run", label: "Import" },
          ]}
        />
      </Show>
    </Columns>
  );
}
