// With Java 17 or later: WEBHOOK_SECRET=whsec_... java Verify.java "$SIGNATURE" < body.json
import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Verify {
    /** Whether who sent it holds the secret. The signature is the header HEX_HEADER. */
    static boolean verified(String signature, byte[] body) throws GeneralSecurityException {
        byte[] key = Base64.getDecoder().decode(System.getenv("WEBHOOK_SECRET").replaceFirst("^whsec_", ""));
        if (key.length < 16) {
            throw new IllegalStateException("Set WEBHOOK_SECRET to the secret, whsec_...");
        }
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        String expected = HexFormat.of().formatHex(mac.doFinal(body));
        return MessageDigest.isEqual(signature.getBytes(UTF_8), expected.getBytes(UTF_8));
    }

    public static void main(String[] args) throws Exception {
        boolean ok = verified(args[0], System.in.readAllBytes());
        System.out.println(ok ? "verified" : "not verified");
        System.exit(ok ? 0 : 1);
    }
}
