# With openssl, for a terminal: a secret among arguments shows in the list of processes.
# WEBHOOK_SECRET=whsec_... bash verify.sh "$ID" "$TIMESTAMP" "$SIGNATURE" < body.json
# The same request once more, to a receiver of your own:
# curl http://localhost:8000/ -H "webhook-id: $ID" -H "webhook-timestamp: $TIMESTAMP" \
#   -H "webhook-signature: $SIGNATURE" -H 'content-type: application/json' --data-binary @body.json
set -euo pipefail
id=$1 timestamp=$2 signatures=$3

key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
[ ${#key} -ge 32 ] || { echo 'Set WEBHOOK_SECRET to the secret, whsec_...' >&2; exit 2; }
expected=v1,$({ printf '%s.%s.' "$id" "$timestamp"; cat; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)

# No older than five minutes. While the secret is rotated there are several signatures, with blanks between them.
if [[ $timestamp =~ ^[1-9][0-9]{9,11}$ ]] && age=$(($(date +%s) - timestamp)) && ((${age#-} <= 300)) &&
  [[ " $signatures " == *" $expected "* ]]; then
  echo verified
else
  echo 'not verified' >&2
  exit 1
fi
