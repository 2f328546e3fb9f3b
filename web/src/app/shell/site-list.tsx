// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Sites to choose from, found by typing; loaded when somebody comes near. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useState, type RefObject } from "react";
import { Autocomplete, Group, Input, ListBox, TextField, type Selection } from "react-aria-components";
import { useTranslation } from "react-i18next";

import { useChooseSite } from "@/lib/site-scope";
import { findSites } from "@/kit/sites";
import type { Fit } from "@/app/shell/site-picker";
import styles from "@/app/shell/site-picker.module.css";
import { Button, PopoverBox, type Option } from "@/kit";
import field from "@/kit/field.module.css";
import { OptionItem } from "@/kit/select";

const ALL = "all";
const NONE: readonly Option[] = [];
const PAUSE_MS = 200;
const FRESH_MS = 60_000;

function soughtQuery(text: string) {
  return queryOptions({
    queryKey: ["sites", "sought", text],
    queryFn: async ({ signal }): Promise<readonly Option[]> => {
      if (text) await new Promise((done) => setTimeout(done, PAUSE_MS)); // somebody may be typing on
      signal.throwIfAborted();
      return findSites(text, signal);
    },
    staleTime: FRESH_MS,
  });
}

export interface SiteListProps {
  site: string | null;
  name: string;
  fit: Fit;
  triggerRef: RefObject<Element | null>;
  onOpenChange: (isOpen: boolean) => void;
  onChosen?: () => void;
}

export function SiteList({ site, name, fit, triggerRef, onOpenChange, onChosen }: SiteListProps) {
  const { t } = useTranslation();
  const { t: kit } = useTranslation("kit");
  const choose = useChooseSite();
  const [text, setText] = useState("");
  const sought = text.trim();
  const { data, isError } = useQuery(soughtQuery(sought));
  // what was found before does not stand there meanwhile: Enter would choose it
  const options = data ?? NONE;
  const offered = sought ? options : offeredFirst({ id: ALL, label: t("site.all") }, site, name, options);
  const take = (id: string | null) => {
    choose(id);
    onOpenChange(false);
    onChosen?.();
  };
  /** Whoever presses what is chosen already means it too. */
  const select = (keys: Selection) => {
    const [key = site ?? ALL] = keys === "all" ? [] : [...keys];
    take(key === ALL ? null : String(key));
  };
  return (
    <PopoverBox
      triggerRef={triggerRef}
      isOpen
      onOpenChange={onOpenChange}
      placement="bottom start"
      aria-label={t("site.choose")}
      className={styles.popover}
    >
      <Autocomplete inputValue={text} onInputChange={setText}>
        <div className={styles.part}>
          {site !== null && fit !== "same" && (
            <div className={styles.here}>
              <p>{t(`site.fits.${fit}`)}</p>
              {fit !== "never" && (
                <Button size="sm" onPress={() => take(site)}>
                  {t("site.only", { name })}
                </Button>
              )}
            </div>
          )}
          <TextField aria-label={t("site.find")} autoFocus>
            <Group className={field.box}>
              <span className={field.before}>
                <Search aria-hidden />
              </span>
              {/* oxlint-disable-next-line jsx-a11y/role-has-required-aria-props -- Autocomplete says what it controls */}
              <Input role="combobox" aria-expanded placeholder={t("site.find")} className={field.input} />
            </Group>
          </TextField>
        </div>
        <ListBox
          aria-label={t("site.list")}
          items={offered}
          selectionMode="single"
          selectedKeys={[site ?? ALL]}
          onSelectionChange={select}
          className={styles.list}
          renderEmptyState={() => kit(isError ? "combo.failed" : data ? "combo.empty" : "combo.loading")}
        >
          {(option: Option) => <OptionItem option={option} />}
        </ListBox>
      </Autocomplete>
      <p className={styles.hint}>{t("site.hint")}</p>
    </PopoverBox>
  );
}

/** All of them, then the one that is chosen, then the others. */
function offeredFirst(all: Option, site: string | null, name: string, options: readonly Option[]): Option[] {
  const own = options.find(({ id }) => id === site) ?? (site === null ? undefined : { id: site, label: name });
  return [all, ...(own ? [own] : []), ...options.filter(({ id }) => id !== site)];
}
