//! Shows that one holds the recovery key without giving it away. The key stays in
//! this browser: the server asks (RFC 9180, base mode, exporter only) what only
//! its private half can answer. `crates/seal` does the same for the command line.

/** Why a text is no recovery key. */
export class NotAKey extends Error {
  constructor(readonly why: "prefix" | "character" | "checksum") {
    super(why);
  }
}

/** This browser cannot compute with such keys. */
export class Unable extends Error {}

type Bytes = Uint8Array<ArrayBuffer>;

const PREFIX = "sekisho-rk1-";
/** Crockford's alphabet; look-alikes are read as what they look like. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const LOOKS_LIKE: Record<string, string> = { o: "0", i: "1", l: "1" };
const KEY_BYTES = 32;
const SUM_BYTES = 4;

const bytes = (text: string): Bytes => new TextEncoder().encode(text);
const EMPTY = new Uint8Array();

function joined(...parts: Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The private half that a text holds. Blanks, line ends, hyphens and case do not count. */
export async function readKey(typed: string): Promise<Bytes> {
  const text = typed.normalize("NFKC").trim().toLowerCase();
  if (!text.startsWith(PREFIX)) throw new NotAKey("prefix");
  const found: number[] = [];
  let held = 0;
  let bits = 0;
  for (const letter of text.slice(PREFIX.length)) {
    if (/[\s-]/.test(letter)) continue;
    const value = ALPHABET.indexOf(LOOKS_LIKE[letter] ?? letter);
    if (value < 0) throw new NotAKey("character");
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      found.push((held >> bits) & 0xff);
    }
  }
  // What is left over are the zeros that fill the last letter.
  if (bits >= 5 || (held & ((1 << bits) - 1)) !== 0) throw new NotAKey("checksum");
  const all = Uint8Array.from(found);
  const key = all.slice(0, KEY_BYTES);
  const sum = await crypto.subtle.digest("SHA-256", joined(bytes(PREFIX), key));
  const fits = new Uint8Array(sum).slice(0, SUM_BYTES).every((byte, at) => byte === all[32 + at]);
  if (all.length !== KEY_BYTES + SUM_BYTES || !fits) throw new NotAKey("checksum");
  return key;
}

// RFC 9180: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305.
const KEM = joined(bytes("KEM"), Uint8Array.of(0x00, 0x20));
const SUITE = joined(bytes("HPKE"), Uint8Array.of(0x00, 0x20, 0x00, 0x01, 0x00, 0x03));
const VERSION = bytes("HPKE-v1");
const INFO = bytes("sekisho recovery key proof v1");
const LABEL = bytes("proof");
const HASH_BYTES = 32;

async function hmac(key: Uint8Array, message: Bytes): Promise<Bytes> {
  // A key of zeros is what HMAC makes of an empty one, which no browser takes.
  const raw = key.length === 0 ? new Uint8Array(HASH_BYTES) : joined(key);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", raw, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

const extract = (suite: Bytes, salt: Uint8Array, label: string, input: Uint8Array) =>
  hmac(salt, joined(VERSION, suite, bytes(label), input));

/** One block is all that is ever wanted: 32 bytes. */
const expand = (suite: Bytes, secret: Uint8Array, label: string, info: Uint8Array) =>
  hmac(
    secret,
    joined(Uint8Array.of(0, HASH_BYTES), VERSION, suite, bytes(label), info, Uint8Array.of(1)),
  );

/** What PKCS #8 puts before the 32 bytes of an X25519 key (RFC 8410). */
const PKCS8 = Uint8Array.of(
  ...[0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22],
  ...[0x04, 0x20],
);
/** The base point of the curve (RFC 7748). */
const BASE = Uint8Array.of(9, ...new Uint8Array(31));

async function shared(key: CryptoKey, point: Bytes): Promise<Bytes> {
  const theirs = await crypto.subtle.importKey("raw", point, { name: "X25519" }, true, []);
  return new Uint8Array(
    await crypto.subtle.deriveBits({ name: "X25519", public: theirs }, key, 8 * KEY_BYTES),
  );
}

async function privateKey(key: Bytes): Promise<CryptoKey> {
  const algorithm = { name: "X25519" };
  return crypto.subtle.importKey("pkcs8", joined(PKCS8, key), algorithm, false, ["deriveBits"]);
}

/** How the site names a key: the first 8 bytes of the SHA-256 of its public half. */
export async function idOf(key: Bytes): Promise<string> {
  const own = await shared(await privateKey(key), BASE);
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", own));
  return [...sum.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The answer to a challenge; throws {@link Unable} where the browser lacks the curve. */
export async function prove(key: Bytes, enc: Bytes): Promise<Bytes> {
  let secret: Bytes;
  let own: Bytes;
  try {
    const imported = await privateKey(key);
    own = await shared(imported, BASE);
    secret = await shared(imported, enc);
  } catch {
    throw new Unable();
  }
  const extracted = await extract(KEM, EMPTY, "eae_prk", secret);
  const agreed = await expand(KEM, extracted, "shared_secret", joined(enc, own));
  const context = joined(
    Uint8Array.of(0),
    await extract(SUITE, EMPTY, "psk_id_hash", EMPTY),
    await extract(SUITE, EMPTY, "info_hash", INFO),
  );
  const base = await extract(SUITE, agreed, "secret", EMPTY);
  const exporter = await expand(SUITE, base, "exp", context);
  return expand(SUITE, exporter, "sec", LABEL);
}

export function fromBase64Url(text: string): Bytes {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

export function toBase64Url(all: Uint8Array): string {
  const plain = btoa(String.fromCharCode(...all));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
