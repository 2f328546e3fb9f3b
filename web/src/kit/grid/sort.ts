// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The sort of a list that stands in the address, as a grid shows and changes it. */
import type { DataGridProps } from "@/kit/grid/types";

/** Columns are called as the server calls its orders; `first` is how the list stands unless somebody chose. */
export function gridSort<Name extends string, Search extends { sort?: string }>(
  search: Search,
  names: readonly Name[],
  first: Name | `-${Name}`,
  onSearch: (search: Search & { sort: Name | `-${Name}` }) => void,
): Pick<DataGridProps<object>, "sort" | "onSort"> {
  const shown = search.sort ?? first;
  return {
    sort: { column: shown.replace(/^-/, ""), isDescending: shown.startsWith("-") },
    onSort: ({ column, isDescending }) => {
      const name = names.find((each) => each === column);
      if (name) onSearch({ ...search, sort: isDescending ? `-${name}` : name });
    },
  };
}
