package reputation

import (
	"errors"
	"fmt"

	"github.com/ruleids/ruleids/internal/setting"
)

// maxKey is more than a key has: 64 characters as this is written.
const maxKey = 512

// readKey returns the key and where it is from. Where there is none, the error says how to give one.
func (c *VirusTotalConfig) readKey() (key setting.Secret, from string, err error) {
	if from = "environment variable " + string(c.Key.Env); c.Key.File != "" {
		from = "file " + c.Key.File
	}
	if key, err = c.Key.Read("key"); err == nil {
		err = checkKey(key.Reveal())
	}
	if err != nil {
		return "", from, fmt.Errorf("there is no key: %w", err)
	}
	return key, from, nil
}

// checkKey looks at whether a key can be sent.
func checkKey(text string) error {
	if len(text) > maxKey {
		return fmt.Errorf("it is longer than %d characters", maxKey)
	}
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return errors.New("it has a character that no key has; there must be nothing besides the key")
		}
	}
	return nil
}
