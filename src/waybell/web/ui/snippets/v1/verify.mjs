// WEBHOOK_SECRET=whsec_... node verify.mjs "$ID" "$TIMESTAMP" "$SIGNATURE" < body.json
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

const KEY = Buffer.from((process.env.WEBHOOK_SECRET ?? "").replace(/^whsec_/, ""), "base64");
if (KEY.length < 16) throw new Error("Set WEBHOOK_SECRET to the secret, whsec_...");
const TOLERANCE = 5 * 60; // seconds

// Whether it was sent just now by who holds the secret. The body is the bytes that came, before any parsing:
// in Express req.body behind express.raw({ type: "application/json" }).
export function verified(id, timestamp, signatures, body) {
  const age = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!(age <= TOLERANCE)) return false; // also when the timestamp is no number
  const expected = Buffer.from("v1," + createHmac("sha256", KEY).update(`${id}.${timestamp}.`).update(body).digest("base64"));
  // While the secret is rotated there are several signatures, with blanks between them: one has to match.
  return signatures.split(" ").some((one) => {
    const given = Buffer.from(one);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

if (process.argv[1] === import.meta.filename) {
  const ok = verified(...process.argv.slice(2, 5), readFileSync(0));
  console.log(ok ? "verified" : "not verified");
  process.exitCode = ok ? 0 : 1;
}
