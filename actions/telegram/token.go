package telegram

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"

	"github.com/ruleids/ruleids/actions/notify"
)

// A token is what Telegram knows a bot by: who has it is the bot. No log, error or dump has it in it.
type token struct{ text string }

// String implements fmt.Stringer.
func (token) String() string { return "(secret)" }

// GoString implements fmt.GoStringer.
func (token) GoString() string { return "(secret)" }

// LogValue implements slog.LogValuer.
func (token) LogValue() slog.Value { return slog.StringValue("(secret)") }

// redact takes the token out of an error, and the part of it that is the password.
func (t token) redact(err error) error {
	_, password, _ := strings.Cut(t.text, ":")
	return notify.Redact(err, t.text, password)
}

// tokenForm is how BotFather writes tokens: the number of the bot, a colon, the password. It is part of the paths of
// requests, so that nothing but these characters may be in it.
var tokenForm = regexp.MustCompile(`^[0-9]{1,20}:[A-Za-z0-9_-]{20,200}$`)

// readToken returns the bot's token. Where there is none, the error says how to give one.
func (c *Config) readToken() (token, error) {
	env := c.TokenEnv
	if c.TokenFile != "" {
		env = ""
	}
	text, err := notify.ReadSecret("token", c.TokenFile, env)
	if err != nil {
		return token{}, err
	}
	if !tokenForm.MatchString(text) {
		where := "token_file"
		if c.TokenFile == "" {
			where = "token_env"
		}
		return token{}, fmt.Errorf("%s: %w", where,
			errors.New("what is there has not the form 123456789:ABC…, which BotFather gives tokens; put the token there and nothing else"))
	}
	return token{text}, nil
}
