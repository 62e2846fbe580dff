package reputation

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// A secret is text that no log, error or dump has in it.
type secret struct{ text string }

// String implements fmt.Stringer.
func (secret) String() string { return "(secret)" }

// GoString implements fmt.GoStringer.
func (secret) GoString() string { return "(secret)" }

// LogValue implements slog.LogValuer.
func (secret) LogValue() slog.Value { return slog.StringValue("(secret)") }

// hide returns text without the secret.
func (s secret) hide(text string) string {
	if s.text == "" {
		return text
	}
	return strings.ReplaceAll(text, s.text, "(secret)")
}

func (s secret) equal(other secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.text), []byte(other.text)) == 1
}

// maxKey is more than a key has: 64 characters as this is written.
const maxKey = 512

// readKey returns the key and where it is from. Where there is none, the error says how to give one.
func (c *VirusTotalConfig) readKey() (key secret, from string, err error) {
	if c.KeyFile == "" {
		from = "environment variable " + c.KeyEnv
		text := os.Getenv(c.KeyEnv)
		if text == "" {
			return secret{}, from, fmt.Errorf("there is no key: set the %s, or key_file", from)
		}
		key, err = checkKey(text)
	} else {
		from = "file " + c.KeyFile
		var f *os.File
		if f, err = os.Open(c.KeyFile); err != nil {
			return secret{}, from, fmt.Errorf("there is no key: %w", err)
		}
		defer f.Close()
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(f, maxKey+2)); err == nil {
			key, err = checkKey(string(text))
		}
	}
	if err != nil {
		return secret{}, from, fmt.Errorf("the key of the %s cannot be used: %w", from, err)
	}
	return key, from, nil
}

// checkKey takes white space off a key and looks at whether it can be sent.
func checkKey(text string) (secret, error) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxKey {
		return secret{}, fmt.Errorf("it is empty or longer than %d characters", maxKey)
	}
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return secret{}, errors.New("it has a character that no key has; there must be nothing besides the key")
		}
	}
	return secret{text}, nil
}
