// WEBHOOK_PUBLIC_KEY=whpk_... node verify.mjs "$ID" "$TIMESTAMP" "$SIGNATURE" < body.json
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";

// The letters before the key say that it is one of ed25519.
const der = Buffer.from("MCowBQYDK2VwAyEA" + process.env.WEBHOOK_PUBLIC_KEY.replace(/^whpk_/, ""), "base64");
const KEY = createPublicKey({ key: der, format: "der", type: "spki" });
const TOLERANCE = 5 * 60; // seconds

// Whether it was sent just now by who holds the private key. The body is the bytes that came, before any parsing:
// in Express req.body behind express.raw({ type: "application/json" }).
export function verified(id, timestamp, signatures, body) {
  const age = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!(age <= TOLERANCE)) return false; // also when the timestamp is no number
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  // While the key is rotated there are several signatures, with blanks between them: one has to match.
  return signatures.split(" ").some((one) => {
    const [scheme, value = ""] = one.split(",");
    return scheme === "v1a" && verify(null, signed, KEY, Buffer.from(value, "base64"));
  });
}

if (process.argv[1] === import.meta.filename) {
  const ok = verified(...process.argv.slice(2, 5), readFileSync(0));
  console.log(ok ? "verified" : "not verified");
  process.exitCode = ok ? 0 : 1;
}
