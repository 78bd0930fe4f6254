// An independent reader of docs/spec/vectors: WebCrypto and the specification, nothing of the library.
// Prints, for every vector, what it opened to, or that it was refused.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const { subtle } = globalThis.crypto;
const folder = process.argv[2];
const read = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));
const hex = (text) => Uint8Array.from(Buffer.from(text, "hex"));
const toHex = (bytes) => Buffer.from(bytes).toString("hex");
const ascii = (text) => new TextEncoder().encode(text);
const join_ = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const number = (value, size) => {
  const bytes = new Uint8Array(size);
  for (let at = size - 1, rest = BigInt(value); at >= 0; at--, rest >>= 8n) bytes[at] = Number(rest & 255n);
  return bytes;
};
const prefixed = (bytes) => join_(number(bytes.length, 2), bytes);
const same = (one, other) => toHex(one) === toHex(other);

class Refused extends Error {}
const refuse = (cause) => {
  throw new Refused(cause);
};

async function hmac(key, data, hash = "SHA-512") {
  const handle = await subtle.importKey("raw", key, { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", handle, data));
}

async function hkdf(key, info) {
  const handle = await subtle.importKey("raw", key, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info }, handle, 256));
}

async function gcmOpen(key, nonce, data, additionalData, cause = "decryption") {
  const handle = await subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  try {
    return new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv: nonce, additionalData }, handle, data));
  } catch {
    return refuse(cause);
  }
}

async function derive(secret) {
  return {
    kid: (await hmac(secret, ascii("sp1/kid"))).slice(0, 16),
    cell: (await hmac(secret, ascii("sp1/cell/F9"))).slice(0, 32),
    stream: (await hmac(secret, ascii("sp1/stream"))).slice(0, 32),
  };
}

function recordPart(text) {
  const letter = text[0];
  const value = text.slice(1);
  if (letter === "u") return join_(ascii("u"), hex(value.replaceAll("-", "")));
  if (letter === "b") return join_(ascii("b"), hex(value));
  return ascii(letter + value);
}

function record(parts) {
  if (parts === null) return ascii("S");
  if (parts.length === 1) return recordPart(parts[0]);
  return join_(ascii("t"), [parts.length], ...parts.map((part) => prefixed(recordPart(part))));
}

function associatedData(place, codecByte) {
  const named = [place.tenant, place.model, place.field].map((id) => prefixed(ascii(id)));
  const version = place.version === null ? [] : [prefixed(ascii(place.version))];
  const head = [0xf9, codecByte, place.version === null ? 4 : 5];
  return join_(head, ...named, prefixed(hex(place.subject)), ...version, record(place.record));
}

function fromText(text) {
  if (!text.startsWith("sp1.")) refuse("not_sealed");
  const cell = Buffer.from(text.slice(4), "base64");
  if (`sp1.${cell.toString("base64")}` !== text || cell[0] !== 0xf9) refuse("decryption");
  return Uint8Array.from(cell);
}

function unpadded(data) {
  let end = data.length;
  while (end > 0 && data[end - 1] === 0) end--;
  if (end === 0 || data[end - 1] !== 0x80) refuse("decryption");
  return data.slice(0, end - 1);
}

// The key of a cell or a stream: found by its key id, of the expected person and class, and in a status that opens.
async function keyOf(store, place, kid) {
  const row = store.rows.find((each) => each.kid === toHex(kid)) ?? refuse("decryption");
  const expected = ["tenant", "subject", "retention_class"].every((column) => row[column] === place[column]);
  if (!expected) refuse("decryption");
  if (row.status === "erased") refuse("key_erased");
  if (row.status === "disabled") refuse("key_unavailable");
  return derive((await unwrap(store.tenantKey, row)).value);
}

async function openCell(store, place, cell) {
  if (cell[0] !== 0xf9) refuse("not_sealed");
  if (cell.length < 46 || (cell[1] & 0x78) !== 0) refuse("decryption");
  if ((cell[1] & 7) !== place.codec) refuse("decryption");
  const keys = await keyOf(store, place, cell.slice(2, 18));
  const bound = associatedData(place, cell[1]);
  const data = await gcmOpen(keys.cell, cell.slice(18, 30), cell.slice(30), bound);
  const value = cell[1] & 0x80 ? unpadded(data) : data;
  if (!valid(place.codec, value)) refuse("decryption");
  return { value, bound };
}

function valid(codec, value) {
  if (codec === 0) return true;
  if (codec === 6) return value.length === 1 && value[0] < 2;
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return false;
  }
  if (codec === 1) return true;
  if (codec === 2) return /^(0|-?[1-9][0-9]{0,999})$/.test(text);
  if (codec === 3) return validDecimal(text);
  if (codec === 4) return validDate(text);
  if (codec === 5) return validMoment(text);
  return validJson(text);
}

function validDecimal(text) {
  const match = /^-?([0-9]+)(?:\.([0-9]+))?(?:E([+-][0-9]+))?$/.exec(text);
  if (!match || text.length > 1200) return false;
  const [, whole, fraction = "", exponentText] = match;
  const digits = (whole + fraction).replace(/^0+(?=.)/, "");
  const exponent = Number(exponentText ?? 0) - fraction.length;
  if (digits.length > 1000 || Math.abs(exponent) > 1000) return false;
  return (text.startsWith("-") ? "-" : "") + scientific(digits, exponent) === text;
}

// to-scientific-string of the General Decimal Arithmetic Specification
function scientific(digits, exponent) {
  const adjusted = exponent + digits.length - 1;
  if (exponent <= 0 && adjusted >= -6) {
    if (exponent === 0) return digits;
    const filled = digits.padStart(1 - exponent, "0");
    return `${filled.slice(0, exponent)}.${filled.slice(exponent)}`;
  }
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  return `${mantissa}E${adjusted < 0 ? "-" : "+"}${Math.abs(adjusted)}`;
}

function validDate(text) {
  const match = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text);
  if (!match || match[1] === "0000") return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text;
}

function validMoment(text) {
  const match = /^(.{10})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.[0-9]{6}Z?$/.exec(text);
  return match !== null && validDate(match[1]) && match[2] < "24" && match[3] < "60" && match[4] < "60";
}

// A reader of RFC 8259 of its own, because JSON.parse accepts doubled members and hides large integers.
function validJson(text) {
  let at = 0;
  const fail = () => refuse("decryption");
  const space = () => {
    while (" \t\n\r".includes(text[at] ?? "x")) at++;
  };
  const take = (pattern) => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) fail();
    at += match[0].length;
    return match[0];
  };
  const string = () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the control characters are what JSON forbids
    const value = JSON.parse(take(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y));
    return value.isWellFormed() ? value : fail();
  };
  const list = (close, item) => {
    at++;
    space();
    if (text[at] === close) return void at++;
    for (;;) {
      item();
      space();
      const next = text[at++];
      if (next === close) return;
      if (next !== ",") fail();
      space();
    }
  };
  const value = (depth) => {
    space();
    if ((text[at] === "[" || text[at] === "{") && depth === 64) fail();
    if (text[at] === "[") list("]", () => value(depth + 1));
    else if (text[at] === "{") {
      const names = new Set();
      list("}", () => {
        space();
        const name = string();
        if (names.has(name)) fail();
        names.add(name);
        space();
        if (text[at++] !== ":") fail();
        value(depth + 1);
      });
    } else if (text[at] === '"') string();
    else if (/[-0-9]/.test(text[at] ?? "")) {
      const found = take(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y);
      const safe = /[.eE]/.test(found) ? Number.isFinite(Number(found)) : Number.isSafeInteger(Number(found));
      if (!safe) fail();
    } else take(/true|false|null/y);
  };
  try {
    value(0);
    space();
    return at === text.length;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

async function openStream(store, place, stream) {
  if (toHex(stream.slice(0, 4)) !== toHex(ascii("SPS1"))) refuse("not_sealed");
  if (stream.length < 20) refuse("decryption");
  const keys = await keyOf(store, place, stream.slice(4, 20));
  if (stream.length < 92) refuse("decryption");
  const salt = stream.slice(20, 44);
  const context = join_(stream.slice(0, 20), associatedData(place, 0));
  const info = join_(ascii("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"), [0], salt, context);
  const first = await hmac(keys.stream, join_(info, [1]));
  const derived = join_(first, await hmac(keys.stream, join_(first, info, [2])));
  if (!same(derived.slice(44, 76), stream.slice(44, 76))) refuse("decryption");
  const pieces = [];
  for (let index = 0, start = 76; ; index++, start += 16400) {
    const chunk = stream.slice(start, start + 16400);
    if (chunk.length < 16) refuse("decryption");
    const counter = number(index, 12);
    const nonce = derived.slice(32, 44).map((byte, at) => byte ^ counter[at]);
    pieces.push(await gcmOpen(derived.slice(0, 32), nonce, chunk, new Uint8Array()));
    if (chunk.length < 16400) return { value: Buffer.concat(pieces) };
  }
}

async function unwrap(tenantKey, row) {
  const wrapped = hex(row.wrapped);
  if (wrapped.length !== 61 || wrapped[0] !== 1) refuse("decryption");
  const named = [ascii(row.tenant), hex(row.subject), ascii(row.retention_class)].map(prefixed);
  const bound = join_(ascii("sp1/wrap"), ...named, hex(row.kid), number(row.epoch, 4));
  const secret = await gcmOpen(tenantKey, wrapped.slice(1, 13), wrapped.slice(13), bound);
  if (!same((await derive(secret)).kid, hex(row.kid))) refuse("decryption");
  return { value: secret, bound };
}

async function indexKey({ key, model, field, kind, normaliser, epoch }) {
  const named = [model, field, kind, normaliser].map((id) => prefixed(ascii(id)));
  return { value: await hkdf(hex(key), join_(ascii("sp1/index"), ...named, number(epoch, 4))) };
}

function base64(text) {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) refuse("keyring");
  return Uint8Array.from(bytes);
}

function keyringMembers(file) {
  let members;
  try {
    members = JSON.parse(file);
  } catch {
    refuse("keyring");
  }
  if (Object.keys(members).join() !== "format,lock,nonce,sealed") refuse("keyring");
  if (members.format !== "sectorprivacy-keyring/1") refuse("keyring");
  if (!["key", "passphrase"].includes(members.lock.kind)) refuse("keyring");
  return members;
}

// The keyring that a key locks; scrypt, which stretches a passphrase, is not part of WebCrypto.
async function unwrapByKeyring({ file, key, passphrase, key_name, wrapped }) {
  const { format, lock, nonce, sealed } = keyringMembers(file);
  if (passphrase !== undefined) return { value: ascii("scrypt is not in WebCrypto") };
  const locked = (await hmac(hex(key), ascii("sp1/keyring"))).slice(0, 32);
  const bound = join_(ascii("sp1/keyring"), [0], ascii(format), [0], ascii(JSON.stringify(lock)));
  if (base64(nonce).length !== 12) refuse("keyring");
  const content = await gcmOpen(locked, base64(nonce), base64(sealed), bound, "keyring");
  const objects = JSON.parse(new TextDecoder().decode(content)).keys;
  if (!Object.values(objects).every((object) => base64(object).length === 32)) refuse("keyring");
  const object = base64(objects[key_name] ?? refuse("decryption"));
  const bytes = hex(wrapped);
  if (bytes[0] !== 1 || bytes.length < 29) refuse("decryption");
  const name = join_(ascii("sp1/keyring/wrap"), [0], ascii(key_name));
  return { value: await gcmOpen(object, bytes.slice(1, 13), bytes.slice(13), name) };
}

const spellings = {
  "exact-1": (text) => text,
  "email-1": (text) => {
    if (!/^[^]+@[^@]+$/.test(text)) refuse("encryption.not-sealable");
    return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  },
  "telephone-1": (text) => (/^\+[1-9][0-9]{6,14}$/.test(text) ? text : refuse("encryption.not-sealable")),
  "digits-1": (text) => (/^[0-9]+$/.test(text) ? text : refuse("encryption.not-sealable")),
  "casefold-1": (text) => (/\p{Cn}/u.test(text) ? refuse("encryption.not-sealable") : text.normalize("NFKC")),
};

function normalised({ normaliser, codec, value, normalised }) {
  if (codec !== 1) return hex(value);
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(hex(value));
  const spelled = spellings[normaliser](text);
  // JavaScript has no case folding: that step alone is taken from the vector.
  return normaliser === "casefold-1" && normalised !== undefined ? hex(normalised) : ascii(spelled);
}

async function token(secret, vector) {
  const { value: key } = await indexKey({ ...vector, key: secret });
  const size = vector.kind === "uniq" ? 16 : vector.distinct > 1_000_000 ? 3 : 2;
  return { value: (await hmac(key, normalised(vector), "SHA-256")).slice(0, size) };
}

// What an epoch commits to its tenant key with.
async function epochCheck({ key_name, key }) {
  return { value: (await hmac(hex(key), join_(ascii("sp1/epoch"), [0], ascii(key_name)), "SHA-256")).slice(0, 16) };
}

async function librarySecret({ name, secret }) {
  const { stream } = await derive(hex(secret));
  return { value: await hmac(stream, ascii(`sp1/library/${name}`), "SHA-256") };
}

// A refused stream is made of ranges of one that opens, then one bit is flipped.
function madeStream(vector, whole) {
  if (vector.stream !== undefined) return Uint8Array.from(Buffer.from(vector.stream, "base64"));
  const original = Buffer.from(whole.find(({ name }) => name === vector.of).stream, "base64");
  const stream = Uint8Array.from(Buffer.concat(vector.pieces.map(([from, to]) => original.subarray(from, to))));
  if (vector.flip !== null) stream[vector.flip] ^= 1;
  return stream;
}

async function verify(vector) {
  let envelope;
  try {
    envelope = JSON.parse(vector.envelope);
  } catch {
    refuse("signature");
  }
  const { payload, payloadType, signatures } = envelope;
  const spelled = {
    payload: Buffer.from(payload, "base64").toString("base64"),
    payloadType,
    signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig: Buffer.from(sig, "base64").toString("base64") })),
  };
  if (JSON.stringify(spelled) !== vector.envelope || payloadType !== vector.payload_type) refuse("signature");
  if (new Set(signatures.map(({ keyid }) => keyid)).size !== signatures.length) refuse("signature");
  const raw = hex(vector.public_key);
  const keyId = toHex(new Uint8Array(await subtle.digest("SHA-256", raw))).slice(0, 16);
  const mine = signatures.find(({ keyid }) => keyid === keyId) ?? refuse("signature");
  const body = Uint8Array.from(Buffer.from(payload, "base64"));
  const type = ascii(payloadType);
  const signed = join_(ascii(`DSSEv1 ${type.length} `), type, ascii(` ${body.length} `), body);
  const key = await subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
  if (!(await subtle.verify("Ed25519", key, Buffer.from(mine.sig, "base64"), signed))) refuse("signature");
  return { value: body };
}

async function answer(vector, opening) {
  try {
    const { value, bound } = await opening(vector);
    return { name: vector.name, value: toHex(value), bound: bound && toHex(bound) };
  } catch (error) {
    if (error instanceof Refused) return { name: vector.name, error: error.message };
    throw error;
  }
}

async function every(name, lists, opening) {
  const content = read(name);
  const open = await opening(content);
  const answers = {};
  for (const list of lists) {
    answers[list] = [];
    for (const vector of content[list]) answers[list].push(await answer(vector, open));
  }
  return answers;
}

const storeOf = (content) => ({ tenantKey: hex(content.tenant_key), rows: content.keys });

const results = {
  "sealed-value.json": await every("sealed-value.json", ["open", "refuse"], async (content) => {
    const store = storeOf(content);
    return ({ place, cell, text }) => openCell(store, place, text === undefined ? hex(cell) : fromText(text));
  }),
  "sealed-stream.json": await every("sealed-stream.json", ["open", "refuse"], async (content) => {
    const store = storeOf(content);
    return (vector) => openStream(store, vector.place, madeStream(vector, content.open));
  }),
  "keys.json": await every("keys.json", ["unwrap", "refuse"], async (content) => (row) => {
    return unwrap(hex(content.tenant_key), row);
  }),
  keyring: await every("keys.json", ["keyring", "keyring_refuse"], async () => unwrapByKeyring),
  derive: await every("keys.json", ["derive"], async () => async ({ secret }) => {
    const { kid, cell, stream } = await derive(hex(secret));
    return { value: join_(kid, cell, stream) };
  }),
  index: await every("keys.json", ["index"], async () => indexKey),
  epochs: await every("keys.json", ["epochs"], async () => epochCheck),
  library: await every("keys.json", ["library"], async () => librarySecret),
  "blind-index.json": await every("blind-index.json", ["keys", "tokens", "refuse"], async ({ secret }) => (vector) => {
    if (vector.error !== undefined) return { value: normalised(vector) };
    return vector.key === undefined ? token(secret, vector) : indexKey({ ...vector, key: secret });
  }),
  "signed-envelope.json": await every("signed-envelope.json", ["verify", "refuse"], async () => verify),
};
console.log(JSON.stringify(results));
