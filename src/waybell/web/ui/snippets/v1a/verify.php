<?php
// With the extension sodium, which is part of PHP.
// WEBHOOK_PUBLIC_KEY=whpk_... php verify.php "$ID" "$TIMESTAMP" "$SIGNATURE" < body.json

const TOLERANCE = 5 * 60; // seconds

// Whether it was sent just now by who holds the private key. In a receiver:
// verified($_SERVER['HTTP_WEBHOOK_ID'], $_SERVER['HTTP_WEBHOOK_TIMESTAMP'], $_SERVER['HTTP_WEBHOOK_SIGNATURE'],
//     file_get_contents('php://input'))
function verified(string $id, string $timestamp, string $signatures, string $body): bool
{
    $key = base64_decode(preg_replace('/^whpk_/', '', (string) getenv('WEBHOOK_PUBLIC_KEY')));
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > TOLERANCE) {
        return false;
    }
    // While the key is rotated there are several signatures, with blanks between them: one has to match.
    foreach (explode(' ', $signatures) as $one) {
        [$scheme, $value] = explode(',', "$one,");
        $signature = base64_decode($value);
        if ($scheme === 'v1a' && strlen($signature) === SODIUM_CRYPTO_SIGN_BYTES
            && sodium_crypto_sign_verify_detached($signature, "$id.$timestamp.$body", $key)) {
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
