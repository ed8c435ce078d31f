// npm install standardwebhooks
// WEBHOOK_SECRET=whsec_... node verify.mjs "$ID" "$TIMESTAMP" "$SIGNATURE" < body.json
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);

// Whether it was sent just now by who holds the secret. The body is what came, before any parsing:
// in Express req.body behind express.raw({ type: "application/json" }).
export function verified(id, timestamp, signatures, body) {
  const headers = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures };
  try {
    webhook.verify(body, headers);
  } catch {
    return false;
  }
  return true;
}

if (process.argv[1] === import.meta.filename) {
  const ok = verified(...process.argv.slice(2, 5), readFileSync(0));
  console.log(ok ? "verified" : "not verified");
  process.exitCode = ok ? 0 : 1;
}
