// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A search that asks when the typing pauses; the key / leads to it. */
import { Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button as AriaButton } from "react-aria-components";

import field from "@/kit/field.module.css";
import { useKitText } from "@/kit/text";

import styles from "./search-box.module.css";

const PAUSE_MS = 250;

export interface SearchBoxProps {
  label: string;
  value: string;
  onSearch: (text: string) => void;
}

/** The browser's own field: this one is on every list, and SearchField brings the rules of forms along. */
export function SearchBox({ label, value, onSearch }: SearchBoxProps) {
  const t = useKitText();
  const input = useRef<HTMLInputElement>(null);
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
