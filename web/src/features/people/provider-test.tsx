// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A provider is asked now, before somebody signs in by it. */
import { useQuery } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { useTranslation } from "react-i18next";

import { testIdentityProvider } from "@/api/sdk.gen";
import type { ProviderItem } from "@/api/types.gen";
import { Banner, Button, Dialog, DialogActions, Loading, ProblemBanner, Skeleton, Panel } from "@/kit";
import { useFormat } from "@/lib/format";

interface ProviderTestProps {
  provider: ProviderItem;
  onEdit: () => void;
  onClose: () => void;
}

export function ProviderTest({ provider: { id, label: name }, onEdit, onClose }: ProviderTestProps) {
  const { t } = useTranslation("providers");
  const format = useFormat();
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: ["identity-provider-test", id],
    queryFn: async ({ signal }) =>
      (await testIdentityProvider({ path: { provider_id: id }, signal, throwOnError: true })).data,
    // asked when it is opened and when somebody wants it, and by no other means
    gcTime: 0,
    staleTime: Infinity,
    retry: false,
  });
  return (
    <Dialog title={t("test.title", { name })} isOpen onOpenChange={(isOpen) => isOpen || onClose()}>
      {() => (
        <Panel>
          {isFetching ? (
            <Loading>
              <Skeleton lines={2} />
            </Loading>
          ) : error ? (
            <ProblemBanner problem={error} />
          ) : data?.ok ? (
            <Banner tone="success" title={t("test.ok", { name })} live="status">
              {t("test.okText", { keys: format.number(data.keys) })}
            </Banner>
          ) : (
            <Banner tone="danger" title={t("test.failed", { name })} live="alert">
              {data?.error}
            </Banner>
          )}
          <DialogActions>
            {data?.ok === false && !isFetching && <Button onPress={onEdit}>{t("edit")}</Button>}
            <Button icon={<RotateCw aria-hidden />} isPending={isFetching} onPress={() => void refetch()}>
              {t("test.again")}
            </Button>
            <Button variant="primary" onPress={onClose}>
              {t("done")}
            </Button>
          </DialogActions>
        </Panel>
      )}
    </Dialog>
  );
}
