// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Files: dropped here, or chosen. */
import { FileUp, X } from "lucide-react";
import { useState } from "react";
import { DropZone, FileTrigger, isFileDropItem, Text, type DropZoneProps } from "react-aria-components";

import { useFormat } from "@/lib/format";

import { Button, IconButton } from "./button";
import styles from "./file-drop.module.css";
import { useKitText } from "./text";

export interface FileDropProps {
  label: string;
  /** Media types and endings, such as text/csv or .csv. */
  accept?: string[];
  maxBytes?: number;
  /** What was taken; an empty list when it is taken away again. */
  onFiles: (files: File[]) => void;
  isMultiple?: boolean;
  isDisabled?: boolean;
}

function fits({ type, name }: File, accept: string[]): boolean {
  return accept.some((each) => {
    if (each.startsWith(".")) return name.toLowerCase().endsWith(each.toLowerCase());
    return each.endsWith("/*") ? type.startsWith(each.slice(0, -1)) : type === each;
  });
}

export function FileDrop({ label, accept, maxBytes, onFiles, isMultiple, isDisabled }: FileDropProps) {
  const t = useKitText();
  const format = useFormat();
  const [taken, setTaken] = useState<File[]>([]);
  const [refused, setRefused] = useState<string[]>([]);
  const types = accept ? format.list(accept) : "";
  const wrong = (file: File): string | null => {
    const { name, size } = file;
    if (maxBytes !== undefined && size > maxBytes) {
      return t("file.tooLarge", { name, size: format.bytes(size), limit: format.bytes(maxBytes) });
    }
    return accept && !fits(file, accept) ? t("file.wrongType", { name, types }) : null;
  };
  const take = (files: File[]) => {
    const told = files.flatMap((file) => wrong(file) ?? []);
    if (!isMultiple && files.length > 1) told.push(t("file.tooMany"));
    setRefused(told);
    if (told.length || !files.length) return;
    setTaken(files);
    onFiles(files);
  };
  const drop: DropZoneProps["onDrop"] = ({ items }) => {
    void Promise.all(items.filter(isFileDropItem).map((item) => item.getFile())).then(take);
  };
  const leave = (file: File) => {
    const rest = taken.filter((each) => each !== file);
    setTaken(rest);
    onFiles(rest);
  };
  const limits = [
    types && t("file.types", { types }),
    maxBytes !== undefined && t("file.limit", { size: format.bytes(maxBytes) }),
  ];
  return (
    <div className={styles.field}>
      <DropZone isDisabled={isDisabled} onDrop={drop} className={styles.zone} aria-label={label}>
        <FileUp aria-hidden className={styles.icon} />
        <Text slot="label" className={styles.label}>
          {label}
        </Text>
        <div className={styles.line}>
          <span>{t(isMultiple ? "file.dropMany" : "file.drop")}</span>
          <FileTrigger
            acceptedFileTypes={accept}
            allowsMultiple={isMultiple}
            onSelect={(files) => take([...(files ?? [])])}
          >
            <Button size="sm" isDisabled={isDisabled}>
              {t(isMultiple ? "file.chooseMany" : "file.choose")}
            </Button>
          </FileTrigger>
        </div>
        <p className={styles.limits}>{limits.filter(Boolean).join(" · ")}</p>
      </DropZone>
      <div role="alert">
        {refused.map((text) => (
          <p key={text} className={styles.error}>
            {text}
          </p>
        ))}
      </div>
      {taken.length > 0 && (
        <ul className={styles.files}>
          {taken.map((file) => (
            <li key={file.name} className={styles.file}>
              <span className={styles.name}>{file.name}</span>
              <span className={styles.size}>{format.bytes(file.size)}</span>
              <IconButton
                size="sm"
                label={t("removeNamed", { name: file.name })}
                icon={<X aria-hidden />}
                onPress={() => leave(file)}
              />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
