//! Changing one's own password.
import { Button, Group, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { isProblem } from "../../api/problem";
import { ProblemAlert, problemText } from "../../parts/problem";
import { blame, focusFirstWrong } from "../../parts/wrong-field";

const MIN_PASSWORD = 12;

export function ChangePassword({ name }: { name: string }) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: { current: "", next: "", again: "" },
    validate: {
      current: (value) => (value ? null : t("common.required", { field: t("pages.me.current") })),
      next: (value) => ([...value].length >= MIN_PASSWORD ? null : t("pages.me.newHint")),
      again: (value, { next }) => (value === next ? null : t("pages.me.differ")),
    },
  });
  const change = useMutation({
    mutationFn: ({ current, next }: typeof form.values) =>
      api.POST("/api/v1/me/password", { body: { current, new: next } }),
    onSuccess: () => {
      form.reset();
      notifications.show({ color: "teal", message: t("pages.me.changed") });
    },
    onError: (error) => {
      blame(form, error, {
        current: ["current", t("pages.me.wrong")],
        new: ["next", problemText(t, error, t("pages.me.new"))],
      });
    },
  });
  const blamed =
    isProblem(change.error, "invalid_input") &&
    ["current", "new"].includes(change.error.field ?? "");
  const shown = blamed ? null : change.error;
  const toggle = {
    visibilityToggleFocusable: true,
    visibilityToggleButtonProps: { "aria-label": t("pages.signIn.show") },
  };
  return (
    <form
      onSubmit={form.onSubmit(
        (values) => change.mutate(values),
        (errors) => focusFirstWrong(form, Object.keys(errors)),
      )}
      noValidate
    >
      <Stack>
        {shown && <ProblemAlert error={shown} />}
        <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
        <PasswordInput
          label={t("pages.me.current")}
          autoComplete="current-password"
          {...toggle}
          {...form.getInputProps("current")}
        />
        <PasswordInput
          label={t("pages.me.new")}
          description={t("pages.me.newHint")}
          autoComplete="new-password"
          {...toggle}
          {...form.getInputProps("next")}
        />
        <PasswordInput
          label={t("pages.me.again")}
          autoComplete="new-password"
          {...toggle}
          {...form.getInputProps("again")}
        />
        <Group>
          <Button type="submit" loading={change.isPending}>
            {t("pages.me.change")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
