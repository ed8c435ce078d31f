// With Java 15 or later: WEBHOOK_PUBLIC_KEY=whpk_... java Verify.java "$ID" "$TIMESTAMP" "$SIGNATURE" < body.json
import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;

public class Verify {
    static final long TOLERANCE = 5 * 60; // seconds

    /**
     * Whether it was sent just now by who holds the private key. The body is the bytes that came, before any parsing:
     * in Spring a parameter of the form "@RequestBody byte[] body".
     */
    static boolean verified(String id, String timestamp, String signatures, byte[] body)
            throws GeneralSecurityException {
        // The letters before the key say that it is one of ed25519.
        String key = "MCowBQYDK2VwAyEA" + System.getenv("WEBHOOK_PUBLIC_KEY").replaceFirst("^whpk_", "");
        PublicKey publicKey =
                KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(key)));
        if (!timestamp.matches("[0-9]{1,12}")
                || Math.abs(Instant.now().getEpochSecond() - Long.parseLong(timestamp)) > TOLERANCE) {
            return false;
        }
        // While the key is rotated there are several signatures, with blanks between them: one has to match.
        for (String one : signatures.split(" ")) {
            if (!one.startsWith("v1a,")) {
                continue;
            }
            Signature ed25519 = Signature.getInstance("Ed25519");
            ed25519.initVerify(publicKey);
            ed25519.update((id + "." + timestamp + ".").getBytes(UTF_8));
            ed25519.update(body);
            try {
                if (ed25519.verify(Base64.getDecoder().decode(one.substring(4)))) {
                    return true;
                }
            } catch (SignatureException | IllegalArgumentException e) {
                // no signature at all: the next one may be
            }
        }
        return false;
    }

    public static void main(String[] args) throws Exception {
        boolean ok = verified(args[0], args[1], args[2], System.in.readAllBytes());
        System.out.println(ok ? "verified" : "not verified");
        System.exit(ok ? 0 : 1);
    }
}
