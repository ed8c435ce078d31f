// WEBHOOK_SECRET=whsec_... node verify.mjs "$SIGNATURE" < body.json
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

const KEY = Buffer.from((process.env.WEBHOOK_SECRET ?? "").replace(/^whsec_/, ""), "base64");
if (KEY.length < 16) throw new Error("Set WEBHOOK_SECRET to the secret, whsec_...");

// Whether who sent it holds the secret. The signature is the header HEX_HEADER.
export function verified(signature, body) {
  const expected = Buffer.from(createHmac("sha256", KEY).update(body).digest("hex"));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

if (process.argv[1] === import.meta.filename) {
  const ok = verified(process.argv[2], readFileSync(0));
  console.log(ok ? "verified" : "not verified");
  process.exitCode = ok ? 0 : 1;
}
