// Canonical form and digest of a register, written from docs/spec/policy.md alone; reads documents, writes answers.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const byCodePoint = (one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other));

const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort(byCodePoint);
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
};

const answers = JSON.parse(readFileSync(process.argv[2], "utf8")).read.map(({ document }) => {
  const text = canonical(document);
  return { canonical: text, digest: createHash("sha256").update(text, "utf8").digest("hex") };
});
process.stdout.write(JSON.stringify(answers));
