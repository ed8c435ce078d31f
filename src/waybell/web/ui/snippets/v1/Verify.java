// WEBHOOK_SECRET=whsec_... java Verify.java "$ID" "$TIMESTAMP" "$SIGNATURE" < body.json
import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Verify {
    static final long TOLERANCE = 5 * 60; // seconds

    /**
     * Whether it was sent just now by who holds the secret. The body is the bytes that came, before any parsing:
     * in Spring a parameter of the form "@RequestBody byte[] body".
     */
    static boolean verified(String id, String timestamp, String signatures, byte[] body)
            throws GeneralSecurityException {
        byte[] key = Base64.getDecoder().decode(System.getenv("WEBHOOK_SECRET").replaceFirst("^whsec_", ""));
        if (key.length < 16) {
            throw new IllegalStateException("Set WEBHOOK_SECRET to the secret, whsec_...");
        }
        if (!timestamp.matches("[0-9]{1,12}")
                || Math.abs(Instant.now().getEpochSecond() - Long.parseLong(timestamp)) > TOLERANCE) {
            return false;
        }
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        mac.update((id + "." + timestamp + ".").getBytes(UTF_8));
        String expected = "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
        // While the secret is rotated there are several signatures, with blanks between them: one has to match.
        for (String one : signatures.split(" ")) {
            if (MessageDigest.isEqual(one.getBytes(UTF_8), expected.getBytes(UTF_8))) {
                return true;
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
