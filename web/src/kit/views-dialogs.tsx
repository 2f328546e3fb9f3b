// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A view is saved; views are renamed, shared, brought up to date and deleted. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createView, deleteView, updateView } from "@/api/sdk.gen";
import type { View, ViewCreate } from "@/api/types.gen";
import { useDocuments } from "@/lib/documents";
import { problemOf } from "@/lib/problems";

import { Badge } from "./badge";
import { Button } from "./button";
import { Switch } from "./choice";
import { ConfirmDialog, DialogActions } from "./confirm-dialog";
import { Dialog } from "./dialog";
import { Form } from "./form";
import { MenuButton, type MenuAction } from "./menu";
import type { SavedViewsProps } from "./saved-views";
import { ProblemBanner } from "./states";
import { Table } from "./table";
import { TextField } from "./text-field";
import { toast } from "./toast";
import { isSameSearch, keptOf, searchOf, viewsKey } from "./views";
import { DEFAULTS } from "./views-menu";

interface ViewsDialogsProps extends SavedViewsProps {
  asked: "save" | "manage";
  views: readonly View[];
  onClose: () => void;
}

export function ViewsDialogs(props: ViewsDialogsProps) {
  const { t } = useTranslation("views");
  const change = (isOpen: boolean) => isOpen || props.onClose();
  return props.asked === "save" ? (
    <Dialog title={t("save")} size="sm" isOpen onOpenChange={change}>
      {(close) => <SaveView {...props} onClose={close} />}
    </Dialog>
  ) : (
    <Dialog title={t("manage")} isOpen onOpenChange={change}>
      <Manage {...props} />
    </Dialog>
  );
}

/** Which view the screen begins with; null: all of the list. */
function useUsual(screen: string): [string | null, (id: string | null) => void] {
  const chosen = useDocuments(({ documents }) => documents[DEFAULTS]);
  const keep = useDocuments((state) => state.keep);
  const id = chosen?.[screen];
  const choose = (next: string | null) => {
    const { [screen]: _before, ...others } = chosen ?? {};
    keep(DEFAULTS, next === null ? others : { ...others, [screen]: next });
  };
  return [typeof id === "string" ? id : null, choose];
}

function SaveView({ screen, search, query, mayShare, onClose }: ViewsDialogsProps) {
  const { t } = useTranslation("views");
  const queries = useQueryClient();
  const [, setUsual] = useUsual(screen);
  const [name, setName] = useState("");
  const [isShared, setShared] = useState(false);
  const [isUsual, setIsUsual] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const save = async () => {
    setPending(true);
    setProblem(null);
    try {
      const body: ViewCreate = { screen, name: name.trim(), shared: isShared, ...keptOf(query), display: { search } };
      const { data } = await createView({ body, throwOnError: true });
      if (isUsual) setUsual(data.id);
      await queries.invalidateQueries({ queryKey: viewsKey(screen) });
      toast({ tone: "success", title: t("saved", { name: data.name }) });
      onClose();
    } catch (error) {
      setProblem(error);
      setPending(false);
    }
  };
  return (
    <Form onSubmit={save} problem={problem} names={{ name: t("name") }} autoComplete="off">
      <TextField
        label={t("name")}
        name="name"
        description={t("saveText")}
        value={name}
        onChange={setName}
        isRequired
        autoFocus
        maxLength={80}
      />
      {mayShare && (
        <Switch isSelected={isShared} onChange={setShared} description={t("shareText")}>
          {t("share")}
        </Switch>
      )}
      <Switch isSelected={isUsual} onChange={setIsUsual} description={t("usualText")}>
        {t("makeUsual")}
      </Switch>
      <DialogActions>
        <Button onPress={onClose}>{t("cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {t("saveDo")}
        </Button>
      </DialogActions>
    </Form>
  );
}

function Manage({ screen, search, query, mayShare, views }: ViewsDialogsProps) {
  const { t } = useTranslation("views");
  const queries = useQueryClient();
  const [usual, setUsual] = useUsual(screen);
  const [renamed, setRenamed] = useState<View | null>(null);
  const [deleted, setDeleted] = useState<View | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: viewsKey(screen) });
  const change = async (view: View, body: Parameters<typeof updateView>[0]["body"]) => {
    setProblem(null);
    try {
      await updateView({ path: { view_id: view.id }, body, throwOnError: true });
      await refresh();
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  const actions = (view: View): MenuAction[] => {
    const found: MenuAction[] = [
      usual === view.id
        ? { id: "all", label: t("notUsual"), onAction: () => setUsual(null) }
        : { id: "usual", label: t("makeUsual"), onAction: () => setUsual(view.id) },
    ];
    if (view.can.update_view) {
      found.push({ id: "rename", label: t("rename"), onAction: () => setRenamed(view) });
      found.push({
        id: "replace",
        label: t("replace"),
        isDisabled: isSameSearch(searchOf(view), search),
        reason: t("isSaved"),
        onAction: () => void change(view, { ...keptOf(query), display: { search } }),
      });
      if (mayShare) {
        const label = t(view.shared ? "unshare" : "share");
        found.push({ id: "share", label, onAction: () => void change(view, { shared: !view.shared }) });
      }
    }
    if (view.can.delete_view) {
      const ask = () => setDeleted(view);
      found.push({ id: "delete", label: t("delete"), isDanger: true, startsGroup: true, onAction: ask });
    }
    return found;
  };
  if (renamed) {
    const done = () => setRenamed(null);
    return <RenameView view={renamed} onDone={done} onRename={(name) => change(renamed, { name }).then(done)} />;
  }
  return (
    <>
      {problem !== null && <ProblemBanner problem={problem} />}
      <Table
        label={t("manage")}
        rows={views}
        rowId={({ id }) => id}
        empty={<p>{t("none")}</p>}
        columns={[
          { id: "name", label: t("name"), render: ({ name }) => name },
          {
            id: "whose",
            label: t("whose"),
            render: ({ mine, owner, shared }) => (mine ? t(shared ? "mineShared" : "mine") : t("of", { name: owner })),
          },
          {
            id: "usual",
            label: t("usual"),
            isLabelHidden: true,
            render: ({ id }) => id === usual && <Badge tone="info">{t("usual")}</Badge>,
          },
          {
            id: "actions",
            label: t("actions"),
            isLabelHidden: true,
            align: "end",
            render: (view) => (
              <MenuButton label={t("actionsFor", { name: view.name })} isIconOnly items={actions(view)} />
            ),
          },
        ]}
      />
      {deleted && (
        <ConfirmDialog
          isOpen
          onOpenChange={(isOpen) => isOpen || setDeleted(null)}
          title={t("deleteTitle", { name: deleted.name })}
          consequence={t(deleted.shared ? "deleteShared" : "deleteText")}
          confirmLabel={t("delete")}
          isDanger
          onConfirm={async () => {
            await deleteView({ path: { view_id: deleted.id }, throwOnError: true });
            if (usual === deleted.id) setUsual(null);
            await refresh();
          }}
        />
      )}
    </>
  );
}

interface RenameProps {
  view: View;
  onDone: () => void;
  onRename: (name: string) => Promise<void>;
}

function RenameView({ view, onDone, onRename }: RenameProps) {
  const { t } = useTranslation("views");
  const [name, setName] = useState(view.name);
  const [isPending, setPending] = useState(false);
  return (
    <Form
      onSubmit={() => {
        setPending(true);
        return onRename(name.trim());
      }}
      autoComplete="off"
    >
      <TextField label={t("name")} value={name} onChange={setName} isRequired autoFocus maxLength={80} />
      <DialogActions>
        <Button onPress={onDone}>{t("cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {t("rename")}
        </Button>
      </DialogActions>
    </Form>
  );
}
