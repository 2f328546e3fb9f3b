// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Things to type into and to choose from. */
import { Search } from "lucide-react";
import { useState } from "react";

import { Columns, Show } from "@/features/gallery/show";
import {
  ComboBox,
  DateField,
  DatePicker,
  DateRangePicker,
  FieldRow,
  FileDrop,
  MultiSelect,
  NumberField,
  PasswordField,
  rangeOf,
  SearchField,
  Select,
  TextArea,
  TextField,
  TimeField,
  type DateRange,
  type Option,
} from "@/kit";

const SITES: Option[] = [
  { id: "north", label: "North car park", description: "12 chargers" },
  { id: "south", label: "South car park", description: "8 chargers" },
  { id: "depot", label: "Bus depot", description: "40 chargers" },
  { id: "old", label: "Old harbour", description: "Closed", isDisabled: true },
];

const TAGS: Option[] = ["Fast", "Public", "Fleet", "Roof", "Pilot", "24/7"].map((label) => ({
  id: label.toLowerCase(),
  label,
}));

async function find(query: string): Promise<Option[]> {
  await new Promise((done) => setTimeout(done, 300));
  return Array.from({ length: 30 }, (_, index) => ({
    id: `cp-${index}`,
    label: `CP-${String(index).padStart(4, "0")}`,
  })).filter(({ label }) => label.toLowerCase().includes(query.toLowerCase()));
}

function TextFields() {
  const [search, setSearch] = useState("CP-00");
  return (
    <Show title="TextField, TextArea, PasswordField, SearchField">
      <TextField label="Name" description="As people call it." placeholder="North car park 1" />
      <TextField label="Identity" isRequired isMono defaultValue="CP-0042" icon={<Search aria-hidden />} />
      <TextField label="With an error" error="It is taken: another charger has it." defaultValue="CP-0001" />
      <FieldRow>
        <TextField label="Disabled" isDisabled defaultValue="CP-0042" />
        <TextField label="Read only" isReadOnly defaultValue="CP-0042" />
      </FieldRow>
      <TextField label="With a unit" suffix="kW" defaultValue="22" />
      <TextArea label="Notes" rows={3} description="Seen by people of your organization." />
      <PasswordField label="Password" autoComplete="current-password" defaultValue="not a real one" />
      <SearchField label="Search" placeholder="Name, identity, serial number" value={search} onChange={setSearch} />
    </Show>
  );
}

function NumberFields() {
  const [power, setPower] = useState<number | null>(11);
  return (
    <Show title="NumberField">
      <FieldRow>
        <NumberField label="Power" unit="kW" value={power} onChange={setPower} minValue={0} maxValue={350} step={0.5} />
        <NumberField label="Empty" hasSteps={false} placeholder="12" />
      </FieldRow>
      <FieldRow>
        <NumberField label="With an error" unit="A" defaultValue={90} error="At most 63 A." />
        <NumberField label="Disabled" unit="A" defaultValue={16} isDisabled />
      </FieldRow>
    </Show>
  );
}

function Choosers() {
  const [site, setSite] = useState<string>("north");
  const [charger, setCharger] = useState<Option | null>({ id: "cp-7", label: "CP-0007" });
  const [place, setPlace] = useState<string | null>("depot");
  const [tags, setTags] = useState<string[]>(["fast", "fleet"]);
  return (
    <Show title="Select, ComboBox, MultiSelect">
      <Select label="Site" options={SITES} selected={site} onChange={setSite} />
      <FieldRow>
        <Select label="Empty" options={SITES} isRequired />
        <Select label="Disabled" options={SITES} isDisabled defaultSelected="north" />
      </FieldRow>
      <Select label="With an error" options={SITES} error="This site is closed." defaultSelected="south" />
      <ComboBox label="Site, typed" options={SITES} selected={place} onChange={setPlace} />
      <ComboBox
        label="Charger, asked of the server"
        load={find}
        selected={charger}
        onChange={(_, option) => setCharger(option)}
      />
      <MultiSelect label="Tags" options={TAGS} selected={tags} onChange={setTags} description="Type to find one." />
    </Show>
  );
}

function Dates() {
  const [range, setRange] = useState<DateRange | null>(rangeOf("days7"));
  const [day, setDay] = useState<string | null>("2026-11-29");
  const [moment, setMoment] = useState<string | null>("2026-11-29T04:00:00Z");
  return (
    <Show title="DateField, DatePicker, DateRangePicker, TimeField">
      <FieldRow>
        <DateField label="Valid from" value={day} onChange={setDay} />
        <TimeField label="Opens at" defaultValue="07:30" />
      </FieldRow>
      <FieldRow>
        <DatePicker label="Day" value={day} onChange={setDay} />
        <DatePicker label="Empty" />
      </FieldRow>
      <DatePicker label="Moment" granularity="minute" value={moment} onChange={setMoment} />
      <DateRangePicker label="Period" value={range} onChange={setRange} />
      <DateRangePicker label="Period, disabled" value={range} onChange={setRange} isDisabled />
      <DatePicker label="With an error" value={day} onChange={setDay} error="This day is over." />
    </Show>
  );
}

export function FieldsPart() {
  return (
    <Columns>
      <TextFields />
      <Choosers />
      <Dates />
      <NumberFields />
      <Show title="FileDrop">
        <FileDrop
          label="List of chargers"
          accept={[".csv", "text/csv"]}
          maxBytes={5_000_000}
          onFiles={() => undefined}
        />
      </Show>
    </Columns>
  );
}
