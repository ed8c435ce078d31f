// WEBHOOK_SECRET=whsec_... go run verify.go "$ID" "$TIMESTAMP" "$SIGNATURE" < body.json
package main

import (
	"crypto/hmac"
	"crypto/sha256"
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

// verified tells whether it was sent just now by who holds the secret. In a handler give it
// r.Header.Get("webhook-id") and its like, and the bytes of io.ReadAll(r.Body).
func verified(id, timestamp, signatures string, body []byte) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv("WEBHOOK_SECRET"), "whsec_"))
	if err != nil || len(key) < 16 {
		log.Fatal("Set WEBHOOK_SECRET to the secret, whsec_...")
	}
	sent, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(sent, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.", id, timestamp)
	mac.Write(body)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	// While the secret is rotated there are several signatures, with blanks between them: one has to match.
	for _, one := range strings.Fields(signatures) {
		if hmac.Equal([]byte(one), []byte(expected)) {
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
