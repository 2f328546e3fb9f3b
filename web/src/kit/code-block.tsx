// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Text of machines, to read and to copy. */
import { CopyButton } from "./copy-button";
import styles from "./code-block.module.css";
import { cx } from "./cx";
import { useKitText } from "./text";

export interface CodeBlockProps {
  code: string;
  label?: string;
  hasCopy?: boolean;
  /** Long lines go on in the next, instead of out of sight. */
  isWrapped?: boolean;
}

export function CodeBlock({ code, label, hasCopy = true, isWrapped }: CodeBlockProps) {
  const t = useKitText();
  return (
    <div className={styles.block}>
      <pre
        tabIndex={0}
        role="group"
        aria-label={label ?? t("code.label")}
        dir="ltr"
        className={cx(styles.code, isWrapped && styles.wrapped)}
      >
        <code>{code}</code>
      </pre>
      {hasCopy && (
        <span className={styles.copy}>
          <CopyButton text={code} />
        </span>
      )}
    </div>
  );
}

/** A key, or some at once. */
export function Kbd({ keys }: { keys: readonly string[] }) {
  return (
    <span className={styles.keys}>
      {keys.map((key) => (
        <kbd key={key} className={styles.key}>
          {key}
        </kbd>
      ))}
    </span>
  );
}
