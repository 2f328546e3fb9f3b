// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Every part of the kit in every state: for whoever builds screens, and for the tests that look at it. Only in development. */
import { useState } from "react";

import { ActionsPart } from "@/features/gallery/actions";
import { ChoicesPart } from "@/features/gallery/choices";
import { DataPart } from "@/features/gallery/data";
import { FieldsPart } from "@/features/gallery/fields";
import { LayoutPart } from "@/features/gallery/layout";
import { OverlaysPart } from "@/features/gallery/overlays";
import { StatesPart } from "@/features/gallery/states";
import { VersionsPart } from "@/features/gallery/versions";
import { PageHeader, SegmentedControl, Select, Tabs } from "@/kit";
import { LANGUAGES, useAppearance, type Density, type Language, type Theme } from "@/lib/appearance";

import styles from "./gallery.module.css";

const PARTS = {
  actions: ActionsPart,
  fields: FieldsPart,
  choices: ChoicesPart,
  states: StatesPart,
  overlays: OverlaysPart,
  layout: LayoutPart,
  data: DataPart,
  versions: VersionsPart,
};

type Part = keyof typeof PARTS;
const IDS = Object.keys(PARTS) as Part[];

function first(): Part {
  const wanted = location.hash.slice(1);
  return IDS.find((id) => id === wanted) ?? "actions";
}

export function GalleryPage() {
  const [part, setPart] = useState<Part>(first);
  const Shown = PARTS[part];
  const show = (id: Part) => {
    history.replaceState(null, "", `#${id}`);
    setPart(id);
  };
  return (
    <main className={styles.page}>
      <PageHeader title="Kit" description="Every part, in every state." actions={<Looks />} />
      <Tabs label="Parts" items={IDS.map((id) => ({ id, label: id }))} selected={part} onChange={show}>
        <Shown />
      </Tabs>
    </main>
  );
}

const THEMES = [
  { id: "light", label: "Light" },
  { id: "dark", label: "Dark" },
  { id: "system", label: "System" },
] as const satisfies { id: Theme; label: string }[];

const DENSITIES = [
  { id: "comfortable", label: "Comfortable" },
  { id: "compact", label: "Compact" },
] as const satisfies { id: Density; label: string }[];

function Looks() {
  const { theme, density, language, change } = useAppearance();
  const languages = Object.entries(LANGUAGES).map(([id, label]) => ({ id: id as Language, label }));
  return (
    <>
      <SegmentedControl label="Theme" segments={THEMES} selected={theme} onChange={(id) => change({ theme: id })} />
      <SegmentedControl
        label="Density"
        segments={DENSITIES}
        selected={density}
        onChange={(id) => change({ density: id })}
      />
      <Select
        label="Language"
        isLabelHidden
        options={languages}
        selected={language}
        onChange={(id) => change({ language: id })}
      />
    </>
  );
}
