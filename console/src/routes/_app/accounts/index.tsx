import { createFileRoute } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { AccountList } from "../../../features/accounts/account-list";
import { PageHead } from "../../../parts/page";
import { ACCOUNT_FILTERS } from "../../../table/filter-names";
import { readListSearch } from "../../../table/search";
import { listTwin, option } from "../../../table/twin";

export const Route = createFileRoute("/_app/accounts/")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, ACCOUNT_FILTERS),
  component: Accounts,
});

function Accounts() {
  const { t } = useTranslation();
  const search = Route.useSearch();
  return (
    <>
      <PageHead
        title={t("pages.accounts.title")}
        about={t("pages.accounts.about")}
        twin={listTwin("/accounts", "sekisho accounts list", search, {
          q: option("--search", search.q),
          presence: option("--presence", search.presence),
        })}
      />
      <AccountList />
    </>
  );
}
