// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A search that asks when the typing pauses; the key / leads to it. */
import { Search, X } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { Button as AriaButton } from "react-aria-components";

import field from "@/kit/field.module.css";
import { useKitText } from "@/kit/text";

import styles from "./search-box.module.css";

const PAUSE_MS = 250;

export interface SearchBoxProps {
  label: string;
  value?: string;
  onSearch: (text: string) => void;
}

/** The browser's own field: this one is on every list, and SearchField brings the rules of forms along. */
export function SearchBox({ label, value = "", onSearch }: SearchBoxProps) {
  const t = useKitText();
  const input = useRef<HTMLInputElement>(null);
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
      <div className={field.box}>
        <span className={field.before}>
          <Search aria-hidden />
        </span>
        <input
          ref={input}
          type="search"
          aria-label={label}
          placeholder={label}
          value={text}
          onChange={(event) => setText(event.target.value)}
          // before whatever is pressed next: a search that came after it would lead back from there
          onBlur={() => ask(text.trim())}
          className={field.input}
        />
        {text !== "" && (
          <AriaButton
            aria-label={t("search.clear")}
            excludeFromTabOrder
            className={field.inside}
            onPress={() => {
              setText("");
              input.current?.focus();
            }}
          >
            <X aria-hidden />
          </AriaButton>
        )}
      </div>
    </div>
  );
}
