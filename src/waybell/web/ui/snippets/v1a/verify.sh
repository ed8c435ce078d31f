# With openssl 3, for a terminal.
# WEBHOOK_PUBLIC_KEY=whpk_... bash verify.sh "$ID" "$TIMESTAMP" "$SIGNATURE" < body.json
# The same request once more, to a receiver of your own:
# curl http://localhost:8000/ -H "webhook-id: $ID" -H "webhook-timestamp: $TIMESTAMP" \
#   -H "webhook-signature: $SIGNATURE" -H 'content-type: application/json' --data-binary @body.json
set -efuo pipefail
id=$1 timestamp=$2 signatures=$3
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# The letters before the key say that it is one of ed25519.
printf -- '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA%s\n-----END PUBLIC KEY-----\n' \
  "${WEBHOOK_PUBLIC_KEY#whpk_}" > "$work/key"
{ printf '%s.%s.' "$id" "$timestamp"; cat; } > "$work/signed"

# No older than five minutes. While the key is rotated there are several signatures, with blanks between them.
if [[ $timestamp =~ ^[1-9][0-9]{9,11}$ ]] && age=$(($(date +%s) - timestamp)) && ((${age#-} <= 300)); then
  for one in $signatures; do
    printf %s "${one#v1a,}" | openssl base64 -d -A > "$work/signature" || continue
    if [[ $one == v1a,* ]] && openssl pkeyutl -verify -pubin -inkey "$work/key" -rawin -in "$work/signed" -sigfile "$work/signature" \
      > /dev/null 2>&1; then
      echo verified
      exit
    fi
  done
fi
echo 'not verified' >&2
exit 1
