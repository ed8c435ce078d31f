// WEBHOOK_SECRET=whsec_... go run verify.go "$SIGNATURE" < body.json
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
)

// verified tells whether who sent it holds the secret. The signature is the header HEX_HEADER.
func verified(signature string, body []byte) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv("WEBHOOK_SECRET"), "whsec_"))
	if err != nil || len(key) < 16 {
		log.Fatal("Set WEBHOOK_SECRET to the secret, whsec_...")
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	return hmac.Equal([]byte(signature), []byte(hex.EncodeToString(mac.Sum(nil))))
}

func main() {
	body, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	if !verified(os.Args[1], body) {
		fmt.Println("not verified")
		os.Exit(1)
	}
	fmt.Println("verified")
}
