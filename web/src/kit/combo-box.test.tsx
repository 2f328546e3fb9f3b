// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import i18next from "i18next";
import { useState } from "react";
import { initReactI18next } from "react-i18next";
import { beforeAll, expect, test } from "vitest";
import { userEvent } from "vitest/browser";
import { render } from "vitest-browser-react";

import "@/tokens.css";
import "@/base.css";
import kit from "@/locales/en/kit.json";

import { ComboBox, MultiSelect, type MultiSelectProps } from "./combo-box";

const OPTIONS = ["One", "Two", "Three"].map((label) => ({ id: label.toLowerCase(), label }));

beforeAll(async () => {
  await i18next.use(initReactI18next).init({ lng: "en", resources: { en: { kit } } });
});

type Own = Omit<MultiSelectProps, "label" | "selected" | "onChange">;

function Chooser(props: Own) {
  const [ids, setIds] = useState<string[]>([]);
  const byLoading = props.load !== undefined;
  const [options, setOptions] = useState<{ id: string; label: string }[]>([]);
  return (
    <div style={{ inlineSize: "20rem", padding: "2rem" }}>
      <MultiSelect
        {...props}
        label="Numbers"
        selected={byLoading ? options : ids}
        onChange={(next, found) => {
          setIds(next);
          setOptions(found);
        }}
      />
      <p data-testid="chosen">{ids.join(" ")}</p>
      <button type="button">After</button>
    </div>
  );
}

const WAYS: [string, Own][] = [
  ["options that are there", { options: OPTIONS }],
  [
    "options that are asked for",
    { load: (query) => Promise.resolve(OPTIONS.filter(({ label }) => label.toLowerCase().includes(query))) },
  ],
];

for (const [name, props] of WAYS) {
  test(`what was chosen by keys stays chosen when Tab goes on: ${name}`, async () => {
    const screen = await render(<Chooser {...props} />);
    const field = screen.getByRole("combobox", { name: "Numbers" });
    const chosen = screen.getByTestId("chosen");
    await field.click();
    await expect.element(screen.getByRole("option", { name: "Two" })).toBeVisible();
    await userEvent.keyboard("{ArrowDown}{ArrowDown}{Enter}");
    await expect.element(chosen).toHaveTextContent("two");
    await userEvent.keyboard("{Tab}");
    await expect.element(screen.getByRole("listbox")).not.toBeInTheDocument();
    await expect.element(chosen).toHaveTextContent("two");
    await field.click();
    await userEvent.keyboard("thr");
    await expect.element(screen.getByRole("option", { name: "Three" })).toBeVisible();
    await expect.element(screen.getByRole("option", { name: "One" })).not.toBeInTheDocument(); // found, or asked for
    await userEvent.keyboard("{ArrowDown}{Enter}");
    await expect.element(chosen).toHaveTextContent("two three");
    await userEvent.keyboard("{Tab}");
    await expect.element(chosen).toHaveTextContent("two three");
  });
}

test("what is chosen already, and only looked at, is not taken away by Tab", async () => {
  const screen = await render(<Chooser options={OPTIONS} />);
  const field = screen.getByRole("combobox", { name: "Numbers" });
  const chosen = screen.getByTestId("chosen");
  await field.click();
  await userEvent.keyboard("{ArrowDown}{Enter}{ArrowDown}{Enter}{Tab}");
  await expect.element(chosen).toHaveTextContent("one two");
  await field.click(); // the list opens at what is chosen
  await expect.element(screen.getByRole("option", { name: "One" })).toBeVisible();
  await userEvent.keyboard("{Tab}");
  await field.click();
  await userEvent.keyboard("{ArrowDown}{Tab}");
  await expect.element(screen.getByRole("listbox")).not.toBeInTheDocument();
  await expect.element(chosen).toHaveTextContent("one two");
  await expect.element(screen.getByRole("button", { name: "After" })).toHaveFocus();
});

test("of a field for one, Tab takes what is looked at", async () => {
  const taken: (string | null)[] = [];
  const screen = await render(
    <div style={{ inlineSize: "20rem", padding: "2rem" }}>
      <ComboBox label="Number" options={OPTIONS} onChange={(id) => taken.push(id)} />
    </div>,
  );
  await screen.getByRole("combobox", { name: "Number" }).click();
  await userEvent.keyboard("{ArrowDown}{ArrowDown}{Tab}");
  expect(taken).toEqual(["two"]);
});
