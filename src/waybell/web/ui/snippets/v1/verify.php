<?php
// WEBHOOK_SECRET=whsec_... php verify.php "$ID" "$TIMESTAMP" "$SIGNATURE" < body.json

const TOLERANCE = 5 * 60; // seconds

// Whether it was sent just now by who holds the secret. In a receiver:
// verified($_SERVER['HTTP_WEBHOOK_ID'], $_SERVER['HTTP_WEBHOOK_TIMESTAMP'], $_SERVER['HTTP_WEBHOOK_SIGNATURE'],
//     file_get_contents('php://input'))
function verified(string $id, string $timestamp, string $signatures, string $body): bool
{
    $key = base64_decode(preg_replace('/^whsec_/', '', (string) getenv('WEBHOOK_SECRET')));
    if (strlen($key) < 16) {
        throw new RuntimeException('Set WEBHOOK_SECRET to the secret, whsec_...');
    }
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > TOLERANCE) {
        return false;
    }
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    // While the secret is rotated there are several signatures, with blanks between them: one has to match.
    foreach (explode(' ', $signatures) as $signature) {
        if (hash_equals($expected, $signature)) {
            return true;
        }
    }
    return false;
}

if (PHP_SAPI === 'cli') {
    $ok = verified($argv[1], $argv[2], $argv[3], stream_get_contents(STDIN));
    echo $ok ? "verified\n" : "not verified\n";
    exit($ok ? 0 : 1);
}
