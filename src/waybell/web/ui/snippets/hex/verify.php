<?php
// WEBHOOK_SECRET=whsec_... php verify.php "$SIGNATURE" < body.json

// Whether who sent it holds the secret. The signature is the header HEX_HEADER.
function verified(string $signature, string $body): bool
{
    $key = base64_decode(preg_replace('/^whsec_/', '', (string) getenv('WEBHOOK_SECRET')));
    if (strlen($key) < 16) {
        throw new RuntimeException('Set WEBHOOK_SECRET to the secret, whsec_...');
    }
    return hash_equals(hash_hmac('sha256', $body, $key), $signature);
}

if (PHP_SAPI === 'cli') {
    $ok = verified($argv[1], stream_get_contents(STDIN));
    echo $ok ? "verified\n" : "not verified\n";
    exit($ok ? 0 : 1);
}
