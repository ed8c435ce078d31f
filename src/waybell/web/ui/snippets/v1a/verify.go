// WEBHOOK_PUBLIC_KEY=whpk_... go run verify.go "$ID" "$TIMESTAMP" "$SIGNATURE" < body.json
package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"strings"
	"time"
)

const tolerance = 5 * time.Minute

// verified tells whether it was sent just now by who holds the private key. In a handler give it
// r.Header.Get("webhook-id") and its like, and the bytes of io.ReadAll(r.Body).
func verified(id, timestamp, signatures string, body []byte) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv("WEBHOOK_PUBLIC_KEY"), "whpk_"))
	if err != nil || len(key) != ed25519.PublicKeySize {
		log.Fatal("Set WEBHOOK_PUBLIC_KEY to the public key, whpk_...")
	}
	sent, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(sent, 0)).Abs() > tolerance {
		return false
	}
	signed := append([]byte(id+"."+timestamp+"."), body...)
	// While the key is rotated there are several signatures, with blanks between them: one has to match.
	for _, one := range strings.Fields(signatures) {
		value, isV1a := strings.CutPrefix(one, "v1a,")
		signature, err := base64.StdEncoding.DecodeString(value)
		if isV1a && err == nil && ed25519.Verify(key, signed, signature) {
			return true
		}
	}
	return false
}

func main() {
	body, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	if !verified(os.Args[1], os.Args[2], os.Args[3], body) {
		fmt.Println("not verified")
		os.Exit(1)
	}
	fmt.Println("verified")
}
