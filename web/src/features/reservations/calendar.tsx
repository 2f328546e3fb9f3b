// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A week: chargers below each other, days beside each other; on a phone, day by day. */
import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useMemo } from "react";
import { Button as AriaButton } from "react-aria-components";
import { useTranslation } from "react-i18next";

import { listReservations } from "@/api/sdk.gen";
import type { Reservation } from "@/api/types.gen";
import type { ReservationParts } from "@/features/reservations/page";
import { useActions } from "@/features/reservations/parts";
import styles from "@/features/reservations/calendar.module.css";
import { filterOf } from "@/features/reservations/query";
import { dayAt, rowsOf, spanOf, weekOf, type WeekRow } from "@/features/reservations/week";
import {
  ActionMenu,
  Banner,
  Button,
  cx,
  EmptyState,
  ErrorState,
  IconButton,
  Loading,
  Skeleton,
  useNarrow,
} from "@/kit";
import { useAppearance } from "@/lib/appearance";
import { useFormat } from "@/lib/format";

const MOST = 500;

function useWeek(search: ReservationParts["search"]) {
  const format = useFormat();
  const language = useAppearance((state) => state.language);
  const days = useMemo(() => weekOf(search.day, format.zone, language), [search.day, format.zone, language]);
  const [first, last] = [days[0], days.at(-1)];
  const from = first?.toDate(format.zone).toISOString();
  const to = last?.add({ days: 1 }).toDate(format.zone).toISOString();
  const query = { ...filterOf(search), "created_at[lt]": to, "expires_at[gte]": from, limit: MOST };
  const found = useQuery({
    queryKey: ["reservations", "week", query],
    queryFn: async ({ signal }) => (await listReservations({ query, signal, throwOnError: true })).data,
  });
  return { days, found };
}

export function WeekCalendar({ search, onSearch, onCancel, add }: ReservationParts) {
  const { t } = useTranslation("reservations");
  const format = useFormat();
  const isNarrow = useNarrow();
  const { days, found } = useWeek(search);
  const { data, error, refetch } = found;
  const rows = useMemo(() => rowsOf(data?.items ?? [], days, format.zone), [data, days, format.zone]);
  const noon = (day: (typeof days)[number]) => day.toDate(format.zone).getTime() + 43_200_000;
  const move = (weeks: number) => onSearch({ ...search, day: days[0]?.add({ weeks }).toString() });
  const [first, last] = [days[0], days.at(-1)];
  const names = days.map((day) => ({
    key: day.toString(),
    label: new Intl.DateTimeFormat(document.documentElement.lang, {
      weekday: "short",
      day: "numeric",
      month: "short",
      timeZone: format.zone,
    }).format(noon(day)),
    isToday: day.toString() === dayAt(new Date().toISOString(), format.zone),
  }));
  return (
    <section className={styles.calendar}>
      <div className={styles.head}>
        <IconButton
          label={t("week.before")}
          icon={<ChevronLeft aria-hidden className={styles.arrow} />}
          variant="secondary"
          onPress={() => move(-1)}
        />
        <Button onPress={() => onSearch({ ...search, day: undefined })}>{t("week.now")}</Button>
        <IconButton
          label={t("week.after")}
          icon={<ChevronRight aria-hidden className={styles.arrow} />}
          variant="secondary"
          onPress={() => move(1)}
        />
        <h2 aria-live="polite">
          {first && last && t("week.title", { from: format.date(noon(first)), to: format.date(noon(last)) })}
        </h2>
      </div>
      {data?.next_cursor != null && <Banner tone="warning" title={t("week.more", { count: MOST })} />}
      {error ? (
        <ErrorState problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading>
          <Skeleton variant="block" height="16rem" />
        </Loading>
      ) : !rows.length ? (
        <EmptyState title={t("week.empty")} text={t("empty.text")} action={add} />
      ) : isNarrow ? (
        <ByDay rows={rows} names={names} onCancel={onCancel} />
      ) : (
        <Grid rows={rows} names={names} onCancel={onCancel} />
      )}
    </section>
  );
}

interface DaysProps {
  rows: readonly WeekRow[];
  names: readonly { key: string; label: string; isToday: boolean }[];
  onCancel: (reservation: Reservation) => void;
}

function Grid({ rows, names, onCancel }: DaysProps) {
  const { t } = useTranslation("reservations");
  return (
    <div className={styles.scroll} role="region" aria-label={t("view.week")} tabIndex={0}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t("columns.charger")}</th>
            {names.map(({ key, label, isToday }) => (
              <th
                key={key}
                scope="col"
                aria-current={isToday ? "date" : undefined}
                className={cx(isToday && styles.today)}
              >
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ charger, days }) => (
            <tr key={charger}>
              <th scope="row">{charger}</th>
              {days.map((reservations, index) => (
                <td key={names[index]?.key} className={cx(names[index]?.isToday && styles.today)}>
                  <ul className={styles.entries}>
                    {reservations.map((each) => (
                      <li key={each.id}>
                        <Entry reservation={each} day={names[index]?.key ?? ""} onCancel={onCancel} />
                      </li>
                    ))}
                  </ul>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ByDay({ rows, names, onCancel }: DaysProps) {
  const { t } = useTranslation("reservations");
  return (
    <div className={styles.byDay}>
      {names.map(({ key, label, isToday }, index) => {
        const found = rows.flatMap(({ days }) => days[index] ?? []);
        return (
          <section key={key} className={styles.day}>
            <h3 aria-current={isToday ? "date" : undefined}>
              {label} {isToday && <span className={styles.soft}>({t("week.today")})</span>}
            </h3>
            {found.length ? (
              <ul className={styles.entries}>
                {found.map((each) => (
                  <li key={each.id}>
                    <Entry reservation={each} day={key} onCancel={onCancel} hasCharger />
                  </li>
                ))}
              </ul>
            ) : (
              <p className={styles.soft}>{t("week.none")}</p>
            )}
          </section>
        );
      })}
    </div>
  );
}

interface EntryProps {
  reservation: Reservation;
  day: string;
  onCancel: (reservation: Reservation) => void;
  hasCharger?: boolean;
}

/** The hours of it that lie on that day; a press says what can be done. */
function Entry({ reservation, day, onCancel, hasCharger }: EntryProps) {
  const { t } = useTranslation("reservations");
  const format = useFormat();
  const actions = useActions(onCancel);
  const { charger_id: charger, evse_id: evse, token, group, status } = reservation;
  const { from, to } = spanOf(reservation);
  const isHere = (at: number) => Number.isFinite(at) && dayAt(new Date(at).toISOString(), format.zone) === day;
  const begin = isHere(from) ? format.time(from) : "…";
  const end = isHere(to) ? format.time(to) : "…";
  const who = token ?? group ?? "–";
  const words = [hasCharger && charger, evse !== null && t("place", { evse }), who].filter(Boolean).join(" · ");
  return (
    <ActionMenu
      items={actions(reservation)}
      trigger={
        <AriaButton className={cx(styles.entry, styles[status])}>
          {!hasCharger && <span className="visually-hidden">{charger}</span>}
          <span className="numbers">{t("week.span", { from: begin, to: end })}</span>
          <span>{words}</span>
          <span className={status === "active" ? "visually-hidden" : styles.soft}>{t(`status.${status}`)}</span>
        </AriaButton>
      }
    />
  );
}
