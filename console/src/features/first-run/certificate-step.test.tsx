import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../../test/render";
import { CertificateStep } from "./certificate-step";

afterEach(() => vi.unstubAllGlobals());

const shown = {
  source: "site_ca",
  public_name: "vault.example.jp",
  names: ["vault.example.jp"],
  more_names: [],
  issuer: "CN=Sekisho site",
  serial: "01",
  fingerprint: "ab".repeat(32),
  not_before: "2026-01-01T00:00:00Z",
  not_after: "2036-01-01T00:00:00Z",
  chosen_at: null,
  chosen_by: null,
  uploaded_not_after: null,
};

/** jsdom's files cannot be read as bytes. */
const pick = (label: string, name: string, content: number[] | string) => {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const file = { name, arrayBuffer: async () => new Uint8Array(bytes).buffer };
  fireEvent.change(screen.getByLabelText(label), { target: { files: [file] } });
};

test("a PFX file asks for its password in the place of a key", async () => {
  const put: unknown[] = [];
  serve({
    "GET /system/certificate": () => json(shown),
    "PUT /system/certificate": async (request) => {
      put.push(await request.json());
      return put.length === 1
        ? json({ code: "conflict", status: 409, conflict: "pfx_wrong_password" }, 409)
        : json({ ...shown, source: "uploaded" });
    },
  });
  await draw(<CertificateStep />);
  fireEvent.click(await screen.findByRole("radio", { name: "証明書をアップロード" }));
  await screen.findByRole("button", { name: "秘密鍵（PEM）" });
  pick("証明書（PFX または PEM）", "server.pfx", [0x30, 0x82, 0x01, 0xff]);
  const password = await screen.findByLabelText("PFX ファイルのパスワード");
  expect(screen.queryByRole("button", { name: "秘密鍵（PEM）" })).toBeNull();
  fireEvent.change(password, { target: { value: "wrong" } });
  fireEvent.click(screen.getByRole("button", { name: "確認して使う" }));
  await screen.findByText(/パスワードが違うため、PFX ファイルを開けません/);
  fireEvent.change(password, { target: { value: "right" } });
  fireEvent.click(screen.getByRole("button", { name: "確認して使う" }));
  // What was sent is let go.
  await waitFor(() => expect(screen.queryByText("server.pfx")).toBeNull());
  expect(put[1]).toEqual({
    source: "uploaded",
    names: [],
    pfx: "MIIB/w==",
    password: "right",
    dry_run: false,
  });
});

test("PEM needs its key, and a text that begins like a PFX file is none", async () => {
  const put: unknown[] = [];
  serve({
    "GET /system/certificate": () => json(shown),
    "PUT /system/certificate": async (request) => {
      put.push(await request.json());
      return json({ ...shown, source: "uploaded" });
    },
  });
  await draw(<CertificateStep />);
  fireEvent.click(await screen.findByRole("radio", { name: "証明書をアップロード" }));
  pick("証明書（PFX または PEM）", "chain.pem", "0 chain");
  await screen.findByText("chain.pem");
  expect(screen.getByRole("button", { name: "確認して使う" })).toBeDisabled();
  pick("秘密鍵（PEM）", "key.pem", "key");
  await screen.findByText("key.pem");
  fireEvent.click(screen.getByRole("button", { name: "確認だけする" }));
  await waitFor(() =>
    expect(put).toEqual([
      { source: "uploaded", names: [], chain: "0 chain", key: "key", dry_run: true },
    ]),
  );
});
