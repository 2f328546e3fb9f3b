// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Ctrl K: go somewhere, find a charger or a tag, do something; what was used last comes first. */
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { CornerDownLeft, PlugZap, UserPlus } from "lucide-react";
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

import { listChargers } from "@/api/sdk.gen";
import { useMay } from "@/app/me";
import { placesFor } from "@/app/navigation";
import { useOverlays } from "@/app/overlays";

import styles from "./palette.module.css";

const FEW = 8;

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

function Palette({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const router = useRouter();
  const may = useMay();
  const { contains } = useFilter({ sensitivity: "base" });
  const [text, setText] = useState("");
  const asked = useDeferredValue(text.trim());
  const chargers = useQuery({
    queryKey: ["palette", asked],
    queryFn: async ({ signal }) =>
      (await listChargers({ query: { q: asked, limit: FEW, fields: "id,name" }, signal, throwOnError: true })).data,
    enabled: asked.length > 1 && may("charger:charger:read"),
  });
  const places = placesFor(may).flatMap((group) => group.places);
  const found = asked.length > 1 ? (chargers.data?.items ?? []) : [];
  const go = (to: string): void => {
    onDone();
    void router.navigate({ to });
  };
  return (
    <Autocomplete
      inputValue={text}
      onInputChange={setText}
      filter={(label, wanted) => label === "" || contains(label, wanted)}
    >
      <TextField aria-label={t("palette.title")} autoFocus className={styles.field}>
        <Input placeholder={t("palette.placeholder")} className={styles.input} />
      </TextField>
      <Menu className={styles.list} renderEmptyState={() => <p className={styles.empty}>{t("palette.nothing")}</p>}>
        {found.length > 0 && (
          <MenuSection>
            <Header className={styles.header}>{t("places.chargers")}</Header>
            {found.map(({ id, name }) => (
              <MenuItem
                key={id}
                textValue={`${id} ${name ?? ""} ${text}`}
                onAction={() => go(`/chargers/${encodeURIComponent(id)}`)}
                className={styles.item}
              >
                <PlugZap aria-hidden size={16} />
                <span>{name ? `${id} · ${name}` : id}</span>
              </MenuItem>
            ))}
          </MenuSection>
        )}
        {may("account:user:write") && (
          <MenuSection>
            <Header className={styles.header}>{t("palette.do")}</Header>
            <MenuItem
              textValue={t("palette.inviteUser")}
              onAction={() => {
                onDone();
                void router.navigate({ to: "/users", search: { invite: true } });
              }}
              className={styles.item}
            >
              <UserPlus aria-hidden size={16} />
              <span>{t("palette.inviteUser")}</span>
            </MenuItem>
          </MenuSection>
        )}
        <MenuSection>
          <Header className={styles.header}>{t("palette.go")}</Header>
          {places.map(({ id, to, icon: Icon }) => (
            <MenuItem key={id} textValue={t(`places.${id}`)} onAction={() => go(to)} className={styles.item}>
              <Icon aria-hidden size={16} />
              <span>{t(`places.${id}`)}</span>
              <CornerDownLeft aria-hidden size={14} className={styles.hint} />
            </MenuItem>
          ))}
        </MenuSection>
      </Menu>
    </Autocomplete>
  );
}
