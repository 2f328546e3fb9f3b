// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Ctrl K: go somewhere, find a charger or a tag, do something; what was used last comes first. */
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { Ban, CornerDownLeft, FileUp, MapPin, Nfc, PlugZap, Plus, UserPlus, type LucideIcon } from "lucide-react";
import { useDeferredValue, useState } from "react";
import {
  Autocomplete,
  Dialog,
  Header,
  Input,
  Menu,
  MenuItem,
  MenuSection,
  Modal,
  ModalOverlay,
  TextField,
  useFilter,
} from "react-aria-components";
import { useTranslation } from "react-i18next";

import { listChargers, listTokens } from "@/api/sdk.gen";
import { useMay } from "@/lib/me";
import { placesFor } from "@/lib/navigation";
import { useOverlays } from "@/lib/overlays";
import { SITES, useChooseSite, useSite, useSiteWays } from "@/lib/site-scope";
import { findSites } from "@/kit/sites";

import styles from "./palette.module.css";

const FEW = 8;
const FEW_TAGS = 4;
const FEW_SITES = 4;

/** What can be begun from anywhere, beside going somewhere. */
const DEEDS: { id: string; to: string; icon: LucideIcon; permissions: string[] }[] = [
  { id: "addCharger", to: "/chargers/add", icon: Plus, permissions: ["charger:charger:create"] },
  {
    id: "importChargers",
    to: "/chargers/import",
    icon: FileUp,
    permissions: ["charger:charger:create", "data:import:run"],
  },
  { id: "importTags", to: "/tags/import", icon: FileUp, permissions: ["token:token:create", "data:import:run"] },
  {
    id: "importDrivers",
    to: "/drivers/import",
    icon: FileUp,
    permissions: ["driver:driver:create", "data:import:run"],
  },
  { id: "inviteUser", to: "/users?invite=true", icon: UserPlus, permissions: ["account:user:write"] },
];

export function CommandPalette() {
  const { t } = useTranslation();
  const { shown, close } = useOverlays();
  return (
    <ModalOverlay
      isDismissable
      isOpen={shown === "palette"}
      onOpenChange={(isOpen) => !isOpen && close()}
      className={styles.overlay}
    >
      <Modal className={styles.modal}>
        <Dialog aria-label={t("palette.title")} className={styles.dialog}>
          <Palette onDone={close} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** "block ABC" looks for ABC, to block it. */
function useVerb(text: string): [isBlock: boolean, sought: string] {
  const { t } = useTranslation();
  const verb = `${t("palette.block").toLocaleLowerCase()} `;
  const isBlock = text.toLocaleLowerCase().startsWith(verb);
  return [isBlock, isBlock ? text.slice(verb.length).trim() : text];
}

function useFound(text: string) {
  const may = useMay();
  const asked = useDeferredValue(text.trim());
  const [isBlock, sought] = useVerb(asked);
  const isLong = sought.length > 1;
  const chargers = useQuery({
    queryKey: ["palette", "chargers", sought],
    queryFn: async ({ signal }) =>
      (await listChargers({ query: { q: sought, limit: FEW, fields: "id,name" }, signal, throwOnError: true })).data
        .items,
    enabled: isLong && !isBlock && may("charger:charger:read"),
  });
  const tags = useQuery({
    queryKey: ["palette", "tags", sought],
    queryFn: async ({ signal }) =>
      (await listTokens({ query: { q: sought, limit: FEW_TAGS }, signal, throwOnError: true })).data.items,
    enabled: isLong && may("token:token:read"),
  });
  const sites = useQuery({
    queryKey: ["palette", "sites", sought],
    queryFn: async ({ signal }) => [...(await findSites(sought, signal))],
    enabled: isLong && !isBlock && may(SITES),
  });
  const mayBlock = may("token:token:update");
  const known = isLong ? (tags.data ?? []) : [];
  return {
    chargers: isLong && !isBlock ? (chargers.data ?? []) : [],
    tags: isBlock ? [] : known,
    sites: isLong && !isBlock ? (sites.data ?? []).slice(0, FEW_SITES) : [],
    toBlock: known.filter(({ status, can }) => status !== "blocked" && (can?.update_token ?? mayBlock)),
  };
}

interface Entry {
  id: string;
  label: string;
  /** What it is found by; what the server found fits whatever was typed. */
  words: string;
  icon: LucideIcon;
  /** A place in the app, or something that is done here. */
  to: string | (() => void);
}

/** Which site is shown: all of them again, or one that was found. */
function useSiteEntries(found: readonly { id: string; label: string }[], text: string): Entry[] {
  const { t } = useTranslation();
  const site = useSite();
  const choose = useChooseSite();
  const ones = found
    .filter(({ id }) => id !== site)
    .map(({ id, label: name }): Entry => {
      const label = t("site.only", { name });
      return { id: `site ${id}`, label, words: `${label} ${text}`, icon: MapPin, to: () => choose(id) };
    });
  const all: Entry = {
    id: "all sites",
    label: t("site.all"),
    words: t("site.all"),
    icon: MapPin,
    to: () => choose(null),
  };
  return site === null ? ones : [all, ...ones];
}

function Palette({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const router = useRouter();
  const may = useMay();
  const { contains } = useFilter({ sensitivity: "base" });
  const [text, setText] = useState("");
  const { wayTo } = useSiteWays();
  const found = useFound(text);
  const ofSites = useSiteEntries(found.sites, text);
  const sections: { id: string; title: string; entries: Entry[] }[] = [
    {
      id: "chargers",
      title: t("places.chargers"),
      entries: found.chargers.map(({ id, name }) => ({
        id: `charger ${id}`,
        label: name ? `${id} · ${name}` : id,
        words: `${id} ${name ?? ""} ${text}`,
        icon: PlugZap,
        to: `/chargers/${encodeURIComponent(id)}`,
      })),
    },
    {
      id: "tags",
      title: t("places.tags"),
      entries: found.tags.map(({ id, value }) => ({
        id: `tag ${id}`,
        label: value,
        words: `${value} ${text}`,
        icon: Nfc,
        to: `/tags/${id}`,
      })),
    },
    {
      id: "go",
      title: t("palette.go"),
      entries: placesFor(may)
        .flatMap((group) => group.places)
        .map(({ id, to, icon }) => ({ id, label: t(`places.${id}`), words: t(`places.${id}`), icon, to: wayTo(to) })),
    },
    {
      id: "do",
      title: t("palette.do"),
      entries: [
        ...found.toBlock.map(({ id, value }) => ({
          id: `block ${id}`,
          label: t("palette.blockTag", { tag: value }),
          words: `${t("palette.blockTag", { tag: value })} ${text}`,
          icon: Ban,
          to: `/tags/${id}?ask=block`,
        })),
        ...ofSites,
        ...DEEDS.filter(({ permissions }) => permissions.every(may)).map(({ id, icon, to }) => ({
          id,
          label: t(`palette.deeds.${id}`),
          words: t(`palette.deeds.${id}`),
          icon,
          to,
        })),
      ],
    },
  ];
  return (
    <Autocomplete
      inputValue={text}
      onInputChange={setText}
      filter={(label, wanted) => label === "" || contains(label, wanted)}
    >
      <TextField aria-label={t("palette.title")} autoFocus className={styles.field}>
        <Input placeholder={t("palette.placeholder")} className={styles.input} />
      </TextField>
      {/* a stop of the Tab key, as browsers make of what scrolls: the keys of the field move what is looked at */}
      <div className={styles.scroller} tabIndex={0}>
        <Menu className={styles.list} renderEmptyState={() => <p className={styles.empty}>{t("palette.nothing")}</p>}>
          {sections
            .filter(({ entries }) => entries.length > 0)
            .map(({ id, title, entries }) => (
              <MenuSection key={id} id={`section ${id}`}>
                <Header className={styles.header}>{title}</Header>
                {entries.map(({ id: key, label, words, icon: Icon, to }) => (
                  <MenuItem
                    key={key}
                    id={key}
                    textValue={words}
                    onAction={() => {
                      onDone();
                      if (typeof to === "string") router.history.push(to);
                      else to();
                    }}
                    className={styles.item}
                  >
                    <Icon aria-hidden size={16} />
                    <span>{label}</span>
                    <CornerDownLeft aria-hidden size={14} className={styles.hint} />
                  </MenuItem>
                ))}
              </MenuSection>
            ))}
        </Menu>
      </div>
    </Autocomplete>
  );
}
