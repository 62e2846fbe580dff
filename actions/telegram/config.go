// Package telegram sends alerts to Telegram chats, and lets administrators make decisions there.
package telegram

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/actions/notify"
	"github.com/ruleids/ruleids/internal/setting"
)

// Config is the settings of a block `notifier "telegram" "name"`. It implements notify.Config.
type Config struct {
	// Token is the bot's token.
	Token setting.Source `setting:"token,required" default:"TELEGRAM_BOT_TOKEN"`
	// Chats get the messages: numbers of private chats, groups and channels, or "@name" of public ones. Each is a request
	// for each message.
	Chats []Chat `setting:"chats,required" most:"20"`
	// Administrators are the numbers of the users who may give commands. Without any the bot takes none, and
	// does not ask Telegram for them.
	Administrators []int64 `setting:"administrators" range:"1..4503599627370495" most:"100"`
	// URL is the server of the Bot API, which may be one of one's own.
	URL setting.URL `setting:"url,required" default:"https://api.telegram.org"`
	// Buttons puts buttons to block, quarantine and release under alerts, where there are administrators.
	Buttons bool `setting:"buttons" default:"true"`

	notify.Common
}

// maxID is the largest number of a user or chat: they have at most 52 bits (https://core.telegram.org/bots/api#user).
const maxID = 1<<52 - 1

// chatName is the form of public names: https://core.telegram.org/method/account.checkUsername
var chatName = regexp.MustCompile(`^@[A-Za-z][A-Za-z0-9_]{3,31}$`)

// Check returns what is wrong with the settings as they go together.
func (c *Config) Check() (ps []setting.Problem) {
	for i, one := range c.Chats {
		if slices.ContainsFunc(c.Chats[:i], func(other Chat) bool { return strings.EqualFold(other.String(), one.String()) }) {
			ps = append(ps, setting.Problem{Setting: "chats", Detail: fmt.Sprintf("%s is there twice.", one)})
		}
	}
	if c.URL.RawQuery != "" {
		ps = append(ps, setting.Problem{Setting: "url", Detail: "Write an address as \"https://api.telegram.org\"."})
	}
	return ps
}

// Open implements notify.Config.
func (c *Config) Open(notify.Options) (notify.Transport, error) {
	t, err := c.readToken()
	if err != nil {
		return nil, err
	}
	return newTransport(c, newClient(t, c.URL.String(), nil)), nil
}

// administered reports whether anybody may give commands.
func (c *Config) administered() bool { return len(c.Administrators) > 0 }

// A Chat is where messages go: a number, or else a public name with its @.
type Chat struct {
	id   int64
	name string
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Chat) UnmarshalText(text []byte) error {
	if chatName.Match(text) {
		*c = Chat{name: string(text)}
		return nil
	}
	id, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || id == 0 || id > maxID || id < -maxID {
		return fmt.Errorf("%q is not a chat: write its number, as 123456789 or -1001234567890, or \"@name\" of a public group or channel", text)
	}
	*c = Chat{id: id}
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (c Chat) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// value is the chat as the Bot API takes it.
func (c Chat) value() any {
	if c.name != "" {
		return c.name
	}
	return c.id
}

func (c Chat) String() string { return fmt.Sprint(c.value()) }

// is reports whether a chat of that number and public name, without @, is meant.
func (c Chat) is(id int64, name string) bool {
	if c.name != "" {
		return strings.EqualFold(c.name[1:], name)
	}
	return c.id == id
}
