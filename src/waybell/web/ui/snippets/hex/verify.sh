# With openssl, for a terminal. The argument is the header HEX_HEADER.
# WEBHOOK_SECRET=whsec_... bash verify.sh "$SIGNATURE" < body.json
set -euo pipefail

key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
[ ${#key} -ge 32 ] || { echo 'Set WEBHOOK_SECRET to the secret, whsec_...' >&2; exit 2; }
expected=$(openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -r | cut -d ' ' -f 1)
[ "$1" = "$expected" ] || { echo 'not verified' >&2; exit 1; }
echo verified
