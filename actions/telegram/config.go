// Package telegram tells people of alerts in Telegram chats, and lets administrators make decisions there.
package telegram

import (
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/actions/notify"
)

// Config is the settings of a block `notifier "telegram" "name"`. It implements notify.Config.
type Config struct {
	// TokenFile is a file with the bot's token and nothing else; "" for none.
	TokenFile string `hcl:"token_file,optional"`
	// TokenEnv is the environment variable with the token, where there is no TokenFile.
	TokenEnv string `hcl:"token_env,optional"`
	// Chats get the messages: numbers of private chats, groups and channels, or "@name" of public ones.
	Chats []string `hcl:"chats"`
	// Administrators are the numbers of the users who may give commands. Without any the bot takes none, and
	// does not ask Telegram for them.
	Administrators []int64 `hcl:"administrators,optional"`
	// URL is the server of the Bot API. It is https, or http on this very host, for a Bot API server of one's own.
	URL string `hcl:"url,optional"`
	// Buttons puts buttons to block, quarantine and release under alerts, where there are administrators.
	Buttons bool `hcl:"buttons,optional"`

	Shared notify.Common // the settings that every kind of notifier has
}

// New returns the defaults.
func New() *Config {
	return &Config{TokenEnv: "TELEGRAM_BOT_TOKEN", URL: "https://api.telegram.org", Buttons: true, Shared: notify.NewCommon()}
}

// Common implements notify.Config.
func (c *Config) Common() *notify.Common { return &c.Shared }

// Bounds of the lists: each chat is a request for each message.
const (
	maxChats          = 20
	maxAdministrators = 100
)

// maxID is the largest number of a user or chat: they have at most 52 bits (https://core.telegram.org/bots/api#user).
const maxID = 1<<52 - 1

// chatName is the form of public names: https://core.telegram.org/method/account.checkUsername
var chatName = regexp.MustCompile(`^@[A-Za-z][A-Za-z0-9_]{3,31}$`)

// Validate implements notify.Config.
func (c *Config) Validate() (ps []notify.Problem) {
	if c.TokenFile == "" {
		ps = append(ps, notify.CheckSecret("token", "", c.TokenEnv, true)...)
	}
	if len(c.Chats) == 0 {
		ps = append(ps, notify.Problem{Setting: "chats", Detail: "Write where the messages go: the number of a chat, or \"@name\"."})
	}
	if len(c.Chats) > maxChats {
		ps = append(ps, notify.Problem{Setting: "chats", Detail: fmt.Sprintf("Write at most %d chats; a group or a channel reaches many people with one message.", maxChats)})
	}
	for i, text := range c.Chats {
		if _, err := parseChat(text); err != nil {
			ps = append(ps, notify.Problem{Setting: "chats", Detail: err.Error() + "."})
		} else if slices.ContainsFunc(c.Chats[:i], func(other string) bool { return strings.EqualFold(other, text) }) {
			ps = append(ps, notify.Problem{Setting: "chats", Detail: fmt.Sprintf("%s is there twice.", text)})
		}
	}
	if len(c.Administrators) > maxAdministrators {
		ps = append(ps, notify.Problem{Setting: "administrators", Detail: fmt.Sprintf("Write at most %d users.", maxAdministrators)})
	}
	for _, id := range c.Administrators {
		if id < 1 || id > maxID {
			ps = append(ps, notify.Problem{Setting: "administrators", Detail: fmt.Sprintf("%d is no number of a user; write the one that the bot's log names when the user writes to it.", id)})
		}
	}
	if detail := checkURL(c.URL); detail != "" {
		ps = append(ps, notify.Problem{Setting: "url", Detail: detail})
	}
	return append(ps, c.Shared.Validate()...)
}

// Resolve implements notify.Config.
func (c *Config) Resolve(dir string) {
	if c.TokenFile != "" && !filepath.IsAbs(c.TokenFile) {
		c.TokenFile = filepath.Join(dir, c.TokenFile)
	}
}

// Open implements notify.Config.
func (c *Config) Open(notify.Options) (notify.Transport, error) {
	t, err := c.readToken()
	if err != nil {
		return nil, err
	}
	return newTransport(c, newClient(t, c.URL, nil)), nil
}

// administered reports whether anybody may give commands.
func (c *Config) administered() bool { return len(c.Administrators) > 0 }

// A chat is where messages go: a number, or else a name with its @.
type chat struct {
	id   int64
	name string
}

// parseChat reads a chat of the settings.
func parseChat(text string) (chat, error) {
	if chatName.MatchString(text) {
		return chat{name: text}, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id == 0 || id > maxID || id < -maxID {
		return chat{}, fmt.Errorf("%q is no chat; write its number, as 123456789 or -1001234567890, or \"@name\" of a public group or channel", text)
	}
	return chat{id: id}, nil
}

// value is the chat as the Bot API takes it.
func (c chat) value() any {
	if c.name != "" {
		return c.name
	}
	return c.id
}

func (c chat) String() string { return fmt.Sprint(c.value()) }

// is reports whether a chat of that number and public name, without @, is meant.
func (c chat) is(id int64, name string) bool {
	if c.name != "" {
		return strings.EqualFold(c.name[1:], name)
	}
	return c.id == id
}

// chats returns the chats of settings that were checked.
func (c *Config) chats() []chat {
	out := make([]chat, 0, len(c.Chats))
	for _, text := range c.Chats {
		if one, err := parseChat(text); err == nil {
			out = append(out, one)
		}
	}
	return out
}

// checkURL says what is wrong with the address of a Bot API server.
func checkURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "Write an address as \"https://api.telegram.org\"."
	}
	switch host := u.Hostname(); {
	case u.Scheme == "https":
		return ""
	case u.Scheme != "http":
		return fmt.Sprintf("%q is no scheme for it; write https.", u.Scheme)
	case host == "localhost":
		return ""
	default:
		if a, err := netip.ParseAddr(host); err == nil && a.IsLoopback() {
			return ""
		}
		return "The token would travel in clear; write https, or http to this very host only."
	}
}
