import { createFileRoute } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { TaskDrawer } from "../../features/tasks/task-drawer";
import { TaskList } from "../../features/tasks/task-list";
import { PageHead } from "../../parts/page";
import { TASK_FILTERS } from "../../table/filter-names";
import { readListSearch } from "../../table/search";
import { listTwin } from "../../table/twin";

export const Route = createFileRoute("/_app/tasks")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, TASK_FILTERS),
  component: Tasks,
});

function Tasks() {
  const { t } = useTranslation();
  const search = Route.useSearch();
  const { state, mine } = search;
  return (
    <>
      <PageHead
        title={t("pages.tasks.title")}
        about={t("pages.tasks.about")}
        twin={listTwin("/orders", "sekisho orders list", search, {
          state: state && `--state ${state}`,
          mine: mine && "--mine",
        })}
      />
      <TaskList />
      <TaskDrawer />
    </>
  );
}
