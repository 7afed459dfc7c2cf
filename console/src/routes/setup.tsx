import { Alert, Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { isProblem } from "../api/problem";
import { publicSystem } from "../api/queries";
import { dropDraft, keepDraft, readDraft } from "../features/first-run/draft";
import { StepLine } from "../features/first-run/step-line";
import { loginNameFault } from "../features/users/login-name";
import { allTexts } from "../i18n";
import { normalise } from "../i18n/format";
import { CopyBlock } from "../parts/copy";
import { ProblemAlert, problemText } from "../parts/problem";
import { blame, focusFirstWrong } from "../parts/wrong-field";
import { Outside } from "../shell/outside";

export const Route = createFileRoute("/setup")({
  beforeLoad: allTexts,
  component: SetUp,
});

const MIN_PASSWORD = 12;
const DRAFT = "setup";
/** As the user whom the server's data belongs to. */
const NEW_TOKEN = "runuser -u sekisho -- sekisho-server setup-token";
/** What the form calls as the server does. */
const FIELDS = ["token", "name", "display_name", "password"];

/** Nothing is done yet; what the first administrator may is known afterwards. */
const NOTHING_DONE = {
  administrator: false,
  factor: false,
  certificate: false,
  recovery: false,
  agent: false,
  password: false,
};

function SetUp() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const site = useQuery(publicSystem);
  const form = useForm({
    initialValues: {
      ...readDraft(DRAFT, { name: "", display_name: "" }),
      token: "",
      password: "",
      again: "",
    },
    onValuesChange: ({ name, display_name }) => keepDraft(DRAFT, { name, display_name }),
    validate: {
      token: (value) =>
        value.trim() ? null : t("common.required", { field: t("pages.setup.token") }),
      name: (value) => loginNameFault(t, value),
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
      dropDraft(DRAFT);
      client.clear();
      await navigate({ to: "/first-run" });
    },
    onError: (error) => {
      if (isProblem(error, "unauthenticated")) focusFirstWrong(form, ["token"]);
      blame(form, error, {
        token: ["token", t("pages.setup.tokenHint")],
        name: ["name", t("pages.setup.nameHint")],
        display_name: ["display_name", problemText(t, error, t("pages.setup.displayName"))],
        password: ["password", t("pages.setup.passwordHint")],
      });
    },
  });
  const isBlamed =
    isProblem(create.error, "invalid_input") && FIELDS.includes(create.error.field ?? "");
  const wrongToken = isProblem(create.error, "unauthenticated");
  const tooLate = isProblem(create.error, "setup_token_expired");
  const expired = tooLate || site.data?.setup_token_expired === true;
  const isDone = site.data?.setup_needed === false && !create.isPending && !create.isSuccess;
  const toggle = {
    visibilityToggleFocusable: true,
    visibilityToggleButtonProps: { "aria-label": t("pages.signIn.show") },
  };
  return (
    <Outside
      title={t("pages.setup.title")}
      width={560}
      above={isDone ? undefined : <StepLine current="administrator" done={NOTHING_DONE} />}
    >
      {isDone ? (
        <Stack>
          <Text>{t("problems.texts.setup_done")}</Text>
          <Button onClick={() => void navigate({ to: "/login", search: {} })}>
            {t("pages.signIn.title")}
          </Button>
        </Stack>
      ) : (
        <form
          onSubmit={form.onSubmit(
            (values) => create.mutate(values),
            (errors) => focusFirstWrong(form, Object.keys(errors)),
          )}
          noValidate
        >
          <Stack>
            <Text size="sm" c="dimmed">
              {t("pages.setup.explain")}
            </Text>
            {expired && (
              <Alert color="yellow" role="alert" title={t("pages.setup.expired")}>
                <Text size="sm" mb={6}>
                  {t("pages.setup.expiredExplain")}
                </Text>
                <CopyBlock value={NEW_TOKEN} />
              </Alert>
            )}
            {create.error && !tooLate && !isBlamed && <ProblemAlert error={create.error} />}
            {wrongToken && (
              <Alert color="red" role="alert" title={t("pages.setup.wrongToken")}>
                <Text size="sm" mb={6}>
                  {t("pages.setup.wrongTokenExplain")}
                </Text>
                <CopyBlock value={NEW_TOKEN} />
              </Alert>
            )}
            <TextInput
              label={t("pages.setup.token")}
              description={t("pages.setup.tokenHint")}
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
