// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What is shown this once, to be copied. */
import type { ReactNode } from "react";

import { Banner } from "./banner";
import { CopyButton } from "./copy-button";
import { Panel } from "./page";
import styles from "./secret.module.css";

export interface SecretProps {
  title: string;
  text: ReactNode;
  label: string;
  value: string;
}

export function Secret({ title, text, label, value }: SecretProps) {
  return (
    <Panel>
      <Banner tone="success" title={title} live="status">
        {text}
      </Banner>
      <div className={styles.secret} role="group" aria-label={label}>
        <code dir="ltr">{value}</code>
        <CopyButton text={value} hasText />
      </div>
    </Panel>
  );
}
