// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A search that asks when the typing pauses; the key / leads to it. */
import { useCallback, useEffect, useRef, useState } from "react";

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
  const latest = useRef(onSearch);
  const asked = useRef(value);
  useEffect(() => {
    latest.current = onSearch;
  });
  useEffect(() => {
    asked.current = value;
    setText((now) => (now.trim() === value ? now : value));
  }, [value]);
  const ask = useCallback((words: string): void => {
    if (words === asked.current) return;
    asked.current = words;
    latest.current(words);
  }, []);
  useEffect(() => {
    const timer = setTimeout(() => ask(text.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, ask]);
  return (
    <div role="search" className={styles.box}>
      <SearchField
        label={label}
        isLabelHidden
        placeholder={label}
        value={text}
        onChange={setText}
        // before whatever is pressed next: a search that came after it would lead back from there
        onBlur={() => ask(text.trim())}
      />
    </div>
  );
}
