// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A search that asks when the typing pauses; the key / leads to it. */
import { useEffect, useRef, useState } from "react";

import { SearchField } from "@/kit/text-field";

import styles from "./search-box.module.css";

const PAUSE_MS = 250;

export interface SearchBoxProps {
  label: string;
  value: string;
  onSearch: (text: string) => void;
}

export function SearchBox({ label, value, onSearch }: SearchBoxProps) {
  const [text, setText] = useState(value);
  const latest = useRef({ onSearch, value });
  useEffect(() => {
    latest.current = { onSearch, value };
  });
  useEffect(() => setText((now) => (now.trim() === value ? now : value)), [value]);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (text.trim() !== latest.current.value) latest.current.onSearch(text.trim());
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div role="search" className={styles.box}>
      <SearchField label={label} isLabelHidden placeholder={label} value={text} onChange={setText} />
    </div>
  );
}
