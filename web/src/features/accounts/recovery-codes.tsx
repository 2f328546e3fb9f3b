// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Codes for when the device is lost. They are shown this one time, so that going on takes saying that they are kept. */
import { Download } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { Button, Checkbox, CopyButton, LinkButton } from "@/kit";

import styles from "./parts.module.css";

export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const { t } = useTranslation("accounts");
  const [isKept, setKept] = useState(false);
  const [file, setFile] = useState<string | null>(null);
  const text = `${t("codes.fileTitle")}\n\n${codes.join("\n")}\n`;
  useEffect(() => {
    const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    setFile(address);
    return () => URL.revokeObjectURL(address);
  }, [text]);
  return (
    <div className={styles.stack}>
      <p>{t("codes.text")}</p>
      <ol className={styles.codes} aria-label={t("codes.title")} dir="ltr">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <div className={styles.row}>
        <CopyButton text={text} label={t("codes.copy")} size="md" hasText />
        {file && (
          <LinkButton href={file} download="csms-recovery-codes.txt" icon={<Download aria-hidden />}>
            {t("codes.download")}
          </LinkButton>
        )}
      </div>
      <Checkbox isSelected={isKept} onChange={setKept}>
        {t("codes.kept")}
      </Checkbox>
      <Button variant="primary" size="lg" isWide isDisabled={!isKept} onPress={onDone}>
        {t("codes.continue")}
      </Button>
    </div>
  );
}
