//! What people call a role: in the reader's language where it is built in.
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { roles as rolesQuery } from "../../api/queries";
import { useWord } from "../../parts/words";

export function useRoleName(): (role: string) => string {
  const word = useWord();
  const { data: roles } = useQuery(rolesQuery);
  return useCallback(
    (role) => {
      const custom = roles?.items.find((one) => one.role === role && !one.built_in);
      return custom?.name ?? word("role", role);
    },
    [roles, word],
  );
}
