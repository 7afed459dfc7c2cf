import { Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { isProblem } from "../api/problem";
import { publicSystem } from "../api/queries";
import { allTexts } from "../i18n";
import { normalise } from "../i18n/format";
import { ProblemAlert } from "../parts/problem";
import { Outside } from "../shell/outside";

export const Route = createFileRoute("/setup")({
  beforeLoad: allTexts,
  component: SetUp,
});

const MIN_PASSWORD = 12;

function SetUp() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const site = useQuery(publicSystem);
  const form = useForm({
    initialValues: { token: "", name: "", display_name: "", password: "", again: "" },
    validate: {
      token: (value) =>
        value.trim() ? null : t("common.required", { field: t("pages.setup.token") }),
      name: (value) =>
        value.trim() ? null : t("common.required", { field: t("pages.setup.name") }),
      password: (value) =>
        [...value].length >= MIN_PASSWORD ? null : t("pages.setup.passwordHint"),
      again: (value, { password }) => (value === password ? null : t("pages.setup.differ")),
    },
  });
  const create = useMutation({
    mutationFn: async ({ token, name, display_name, password }: typeof form.values) => {
      const signIn = { name: normalise(name), password };
      await body(
        api.POST("/api/v1/setup", {
          body: {
            ...signIn,
            token: token.trim(),
            display_name: display_name.trim() || signIn.name,
          },
        }),
      );
      await body(api.POST("/api/v1/session", { body: signIn }));
    },
    onSuccess: async () => {
      client.clear();
      await navigate({ to: "/" });
    },
  });
  const wrongToken = isProblem(create.error, "unauthenticated");
  const isDone = site.data?.setup_needed === false && !create.isPending && !create.isSuccess;
  const toggle = { visibilityToggleButtonProps: { "aria-label": t("pages.signIn.show") } };
  return (
    <Outside title={t("pages.setup.title")}>
      {isDone ? (
        <Stack>
          <Text>{t("problems.texts.setup_done")}</Text>
          <Button onClick={() => void navigate({ to: "/login", search: {} })}>
            {t("pages.signIn.title")}
          </Button>
        </Stack>
      ) : (
        <form onSubmit={form.onSubmit((values) => create.mutate(values))} noValidate>
          <Stack>
            <Text size="sm" c="dimmed">
              {t("pages.setup.explain")}
            </Text>
            {create.error && (
              <ProblemAlert
                error={create.error}
                fields={{
                  token: t("pages.setup.token"),
                  name: t("pages.setup.name"),
                  display_name: t("pages.setup.displayName"),
                  password: t("pages.setup.password"),
                }}
              />
            )}
            <TextInput
              label={t("pages.setup.token")}
              required
              autoComplete="off"
              spellCheck={false}
              autoFocus
              {...form.getInputProps("token")}
              error={wrongToken ? t("pages.setup.wrongToken") : form.errors.token}
            />
            <TextInput
              label={t("pages.setup.name")}
              description={t("pages.setup.nameHint")}
              required
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              {...form.getInputProps("name")}
            />
            <TextInput
              label={`${t("pages.setup.displayName")}${t("common.optional")}`}
              autoComplete="name"
              {...form.getInputProps("display_name")}
            />
            <PasswordInput
              label={t("pages.setup.password")}
              description={t("pages.setup.passwordHint")}
              required
              autoComplete="new-password"
              {...toggle}
              {...form.getInputProps("password")}
            />
            <PasswordInput
              label={t("pages.setup.again")}
              required
              autoComplete="new-password"
              {...toggle}
              {...form.getInputProps("again")}
            />
            <Button type="submit" loading={create.isPending}>
              {t("pages.setup.submit")}
            </Button>
          </Stack>
        </form>
      )}
    </Outside>
  );
}
