//! Which roles need a second factor.
import { Button, Checkbox, Group, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Role } from "../../api/client";
import { me as meQuery, roles as rolesQuery } from "../../api/queries";
import { Card } from "../../parts/card";
import { Loading, LoadProblem, ProblemAlert } from "../../parts/problem";
import { useRoleName } from "../roles/role-name";

export function SignInRules() {
  const { t } = useTranslation();
  const rules = useQuery({
    queryKey: ["sign-in-rules"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/sign-in/rules", { signal })),
  });
  const roles = useQuery(rolesQuery);
  const error = rules.error ?? roles.error;
  if (error && !(rules.data && roles.data)) {
    return <LoadProblem error={error} onRetry={() => void rules.refetch()} />;
  }
  if (!rules.data || !roles.data) return <Loading />;
  const needed = rules.data.second_factor_roles;
  return (
    <Card title={t("pages.settings.signIn.title")}>
      {/* What is there now is what the choice begins with. */}
      <Choice
        key={needed.join(" ")}
        needed={needed}
        roles={roles.data.items.filter((role) => role.in_force)}
      />
    </Card>
  );
}

function Choice({ needed, roles }: { needed: string[]; roles: Role[] }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const roleName = useRoleName();
  const { data: me } = useQuery(meQuery);
  const [chosen, setChosen] = useState(needed);
  const save = useMutation({
    mutationFn: () =>
      body(api.PUT("/api/v1/sign-in/rules", { body: { second_factor_roles: chosen } })),
    onSuccess: async (saved) => {
      client.setQueryData(["sign-in-rules"], saved);
      notifications.show({ color: "teal", message: t("pages.settings.signIn.saved") });
      await client.invalidateQueries({ queryKey: ["users"] });
    },
  });
  const isChanged = [...chosen].sort().join(" ") !== [...needed].sort().join(" ");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged) save.mutate();
      }}
    >
      <Stack>
        <Text size="sm">{t("pages.settings.signIn.explain")}</Text>
        {save.error && <ProblemAlert error={save.error} />}
        <Checkbox.Group
          aria-label={t("pages.settings.signIn.title")}
          value={chosen}
          onChange={setChosen}
        >
          <Stack gap="xs">
            {roles.map(({ role, users }) => (
              <Checkbox
                key={role}
                value={role}
                label={
                  <>
                    <bdi>{roleName(role)}</bdi>
                    {role === me?.role && ` ${t("pages.settings.signIn.own")}`}
                    {users != null && (
                      <Text span size="sm" c="dimmed" ml={8}>
                        {t("pages.settings.signIn.users", { count: users })}
                      </Text>
                    )}
                  </>
                }
              />
            ))}
          </Stack>
        </Checkbox.Group>
        <Group>
          <Button type="submit" disabled={!isChanged} loading={save.isPending}>
            {t("common.save")}
          </Button>
          {isChanged && (
            <Button variant="default" onClick={() => setChosen(needed)}>
              {t("common.cancel")}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
