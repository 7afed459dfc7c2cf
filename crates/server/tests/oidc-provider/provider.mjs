//! A certified OpenID provider (npm oidc-provider) for the server's tests and the demo: a
//! free port of this machine, people with passwords and groups, PKCE required.
//! Run in the folder that has its packages; ends when its standard input does.
//!
//! REDIRECT: where it sends browsers back to. SECRET: the client's. CONFORM=1:
//! what a scope stands for is told by UserInfo only (OpenID Connect Core 5.4).
//! SECRETS, instead of SECRET: a file with `{"client": …, "people": {LOGIN: PASSWORD}}`,
//! where the secrets are not those of tests that everybody knows.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.cwd(), "package.json"));
const { default: Provider } = await import(pathToFileURL(require.resolve("oidc-provider")).href);

const PEOPLE = {
  alice: { name: "Alice Admin", groups: ["pam-admins", "pam-users"] },
  bob: { name: "Bob User", groups: ["pam-users"] },
  carol: { name: "Carol Nobody", groups: [] },
};
const { REDIRECT, SECRET, SECRETS, CONFORM } = process.env;
const secrets = SECRETS ? JSON.parse(readFileSync(SECRETS, "utf8")) : { client: SECRET };
const passwordOf = (login) => (secrets.people ? secrets.people[login] : `${login}-Pw1`);

const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const jwk = { ...privateKey.export({ format: "jwk" }), kid: "k1", use: "sig", alg: "ES256" };

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "pam",
      client_secret: secrets.client,
      redirect_uris: [REDIRECT],
      response_types: ["code"],
      grant_types: ["authorization_code"],
      id_token_signed_response_alg: "ES256",
    },
  ],
  jwks: { keys: [jwk] },
  cookies: { keys: [randomBytes(16).toString("hex")] },
  pkce: { required: () => true },
  conformIdTokenClaims: CONFORM === "1",
  claims: {
    openid: ["sub", "amr"],
    profile: ["name", "preferred_username"],
    email: ["email"],
    groups: ["groups"],
  },
  scopes: ["openid", "profile", "email", "groups"],
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, login) =>
    PEOPLE[login] && {
      accountId: login,
      claims: () => ({
        sub: login,
        preferred_username: login,
        email: `${login}@lab.test`,
        ...PEOPLE[login],
      }),
    },
  // Consent is implied, as in a company.
  loadExistingGrant: async (ctx) => {
    const { client, session, provider: of } = ctx.oidc;
    const grant = new of.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope("openid profile email groups");
    await grant.save();
    return grant;
  },
  ttl: { AccessToken: 900, IdToken: 900, Session: 3600, Interaction: 600, Grant: 3600 },
});
provider.on("server_error", (_, error) => console.error(error));

async function form(request) {
  let body = "";
  for await (const part of request) body += part;
  return new URLSearchParams(body);
}

/** `code` stands for a second factor: whoever ticks it has shown one. */
const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title>
<form method="post">
<p><label>Name <input name="login" autocomplete="username" autofocus></label>
<p><label>Password <input name="password" type="password" autocomplete="current-password"></label>
<p><label><input name="code" type="checkbox" value="1"> with a second factor</label>
<p><button>Sign in</button>
</form></html>`;

const others = provider.callback();
server.on("request", async (request, response) => {
  if (!request.url.startsWith("/interaction/")) return others(request, response);
  try {
    const { prompt } = await provider.interactionDetails(request, response);
    if (prompt.name !== "login") throw new Error(`unexpected prompt ${prompt.name}`);
    response.setHeader("content-type", "text/html");
    if (request.method === "POST") {
      const typed = await form(request);
      const login = typed.get("login");
      if (!PEOPLE[login] || typed.get("password") !== passwordOf(login)) {
        response.statusCode = 401;
        return response.end('<p>wrong</p><p><a href="">Try again</a></p>');
      }
      const amr = typed.get("code") ? ["pwd", "otp", "mfa"] : ["pwd"];
      const result = { login: { accountId: login, amr } };
      return provider.interactionFinished(request, response, result, {
        mergeWithLastSubmission: false,
      });
    }
    response.end(PAGE);
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error));
  }
});

process.stdin.on("end", () => process.exit()).resume();
console.log(`ready ${issuer}`);
