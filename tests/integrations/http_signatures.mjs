// An independent reader of docs/spec/vectors/rights-protocol.json: no code of the library, only the specification.
import { createHash, createPublicKey, timingSafeEqual, verify } from "node:crypto";
import { readFileSync } from "node:fs";

const LIFETIME = 300, SKEW = 300;
const REQUEST_OPTIONAL = ["content-type", "content-encoding", "range", "if-none-match"];
const RESPONSE_OPTIONAL = [
  "content-type", "content-encoding", "content-digest", "repr-digest", "content-range", "etag",
];

const header = (message, name) => {
  const lines = message.headers.filter(([each]) => each === name).map(([, value]) => value);
  return lines.length ? lines.join(", ") : undefined;
};

const covered = (message, isResponse) => {
  const present = (isResponse ? RESPONSE_OPTIONAL : REQUEST_OPTIONAL).filter((name) => header(message, name));
  const names = isResponse ? ["@status", ...present] : ["@method", "@target-uri", "content-digest", ...present];
  return [
    ...names.map((name) => `"${name}"`),
    ...(isResponse ? ['"@method";req', '"@target-uri";req', '"signature";req'] : []),
  ];
};

const component = (id, message, request) => {
  const [, name, req] = /^"([^"]+)"(;req)?$/.exec(id);
  const from = req ? request : message;
  if (name === "@method") return from.method;
  if (name === "@target-uri") return from.base_url + from.target;
  if (name === "@status") return String(from.status);
  return header(from, name);
};

const check = (vector, keys) => {
  const message = vector.response ?? vector.request;
  const match = /^sp=(\(([^()]*)\);created=(\d+);keyid="([0-9a-f]{16})";expires=(\d+);nonce="([^"]+)";tag="([^"]+)")$/
    .exec(header(message, "signature-input") ?? "");
  const signature = /^sp=:([A-Za-z0-9+/=]+):$/.exec(header(message, "signature") ?? "");
  if (!match || !signature) return "form";
  const [, parameters, list, created, keyid, expires, , tag] = match;
  const key = vector.response ? keys.service : keys.caller;
  if (keyid !== key.id) return "key";
  if (tag !== "sectorprivacy/1") return "tag";
  const ids = list.split(" ");
  const expected = covered(message, Boolean(vector.response));
  if ([...ids].sort().join() !== [...expected].sort().join()) return "coverage";
  const lines = ids.map((id) => `${id}: ${component(id, message, vector.request)}`);
  const base = [...lines, `"@signature-params": ${parameters}`].join("\n");
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(key.public, "hex")]);
  const handle = createPublicKey({ key: spki, format: "der", type: "spki" });
  if (!verify(null, Buffer.from(base), handle, Buffer.from(signature[1], "base64"))) return "signature";
  const now = Date.parse(vector.now) / 1000;
  if (!(created < expires && expires - created <= LIFETIME && created <= now + SKEW && now < expires)) return "time";
  if (header(message, "repr-digest") && !header(message, "content-digest")) return undefined;
  const digest = `sha-256=:${createHash("sha256").update(message.body).digest("base64")}:`;
  const said = Buffer.from(header(message, "content-digest") ?? "");
  const same = said.length === digest.length && timingSafeEqual(said, Buffer.from(digest));
  return same ? undefined : "digest";
};

const vectors = JSON.parse(readFileSync(process.argv[2]));
const wrong = [
  ...vectors.valid.filter((each) => check(each, vectors.keys) !== undefined),
  ...vectors.invalid.filter((each) => check(each, vectors.keys) === undefined),
];
for (const each of wrong) console.log(`${each.name}: ${check(each, vectors.keys) ?? "accepted"}`);
process.exit(wrong.length ? 1 : 0);
