package telegram

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/ruleids/ruleids/actions/notify"
	"github.com/ruleids/ruleids/internal/setting"
)

// redact takes a token out of an error, and the part of it that is the password. Who has the token is the bot.
func redact(token setting.Secret, err error) error {
	_, password, _ := strings.Cut(token.Reveal(), ":")
	return notify.Redact(err, token.Reveal(), password)
}

// tokenForm is how BotFather writes tokens: the number of the bot, a colon, the password. It is part of the paths of
// requests, so that nothing but these characters may be in it.
var tokenForm = regexp.MustCompile(`^[0-9]{1,20}:[A-Za-z0-9_-]{20,200}$`)

// readToken returns the bot's token. Where there is none, the error says how to give one.
func (c *Config) readToken() (setting.Secret, error) {
	token, err := c.Token.Read("token")
	if err != nil {
		return "", err
	}
	if !tokenForm.MatchString(token.Reveal()) {
		where := "token_file"
		if c.Token.File == "" {
			where = "token_env"
		}
		return "", fmt.Errorf("%s: %w", where,
			errors.New("what is there has not the form 123456789:ABC…, which BotFather gives tokens; put the token there and nothing else"))
	}
	return token, nil
}
