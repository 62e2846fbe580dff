package notify

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/ntfy"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// NtfyConfig is the settings of kind "ntfy": a topic of ntfy.sh or of a server of one's own.
type NtfyConfig struct {
	// Server is the address of the server alone: https, or http on this very host.
	Server setting.URL `setting:"server,required" default:"https://ntfy.sh"`
	// Topic is where the messages go. Whoever knows one may read it, unless the server has it otherwise.
	Topic setting.Source `setting:"topic,inline,required"`
	// Token is an access token; Username with Password is the other way to log in.
	Token    setting.Source `setting:"token"`
	Username string         `setting:"username"`
	Password setting.Source `setting:"password"`
	// Tags are shown with the messages; names of emojis become these.
	Tags []string `setting:"tags"`
	// CAFile is a file of PEM certificates that sign the server's; "" for those that the system trusts.
	CAFile string `setting:"ca_file,path"`

	Common
}

// ntfyTopic is what ntfy takes for a topic.
var ntfyTopic = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)

// Check returns what is wrong with the settings as they go together.
func (c *NtfyConfig) Check() []setting.Problem {
	ps := checkHost(c.Server, "Write the server alone, as \"https://ntfy.sh\", and the topic in topic.")
	if c.Topic.Value != "" && !ntfyTopic.MatchString(c.Topic.Value.Reveal()) {
		ps = append(ps, setting.Problem{Setting: "topic", Detail: "A topic has up to 64 letters, digits, - and _."})
	}
	if c.Token.IsSet() && c.Username != "" {
		ps = append(ps, setting.Problem{Setting: "username", Detail: "A token needs no user; leave out one of them."})
	}
	for _, t := range c.Tags {
		if t == "" || strings.ContainsAny(t, ",\r\n") {
			ps = append(ps, setting.Problem{Setting: "tags", Detail: fmt.Sprintf("%q is not a tag; write one word each.", t)})
		}
	}
	return append(ps, checkLogin(c.Username, &c.Password)...)
}

// ntfyPriorities are the priorities, by severity.
var ntfyPriorities = map[scale.Severity]string{scale.SeverityLow: "low", scale.SeverityMedium: "default", scale.SeverityHigh: "high", scale.SeverityCritical: "max"}

// Open implements Config.
func (c *NtfyConfig) Open(opt Options) (Transport, error) {
	topic, err := c.Topic.Read("topic")
	if err != nil {
		return nil, err
	}
	if !ntfyTopic.MatchString(topic.Reveal()) {
		return nil, fmt.Errorf("topic: what is there is not a topic, which has up to 64 letters, digits, - and _")
	}
	token, err := c.Token.Read("token")
	if err != nil {
		return nil, err
	}
	password, err := c.Password.Read("password")
	if err != nil {
		return nil, err
	}
	var user *url.Userinfo
	switch {
	case token != "": // ntfy takes a token as the password of a user without a name
		user = url.UserPassword("", token.Reveal())
	case c.Username != "":
		user = url.UserPassword(c.Username, password.Reveal())
	}
	query := url.Values{"scheme": {c.Server.Scheme}}
	if len(c.Tags) > 0 {
		query.Set("tags", strings.Join(c.Tags, ","))
	}
	address := serviceURL(ntfy.Scheme, c.Server.Host, "/"+topic.Reveal(), user, query)
	l, err := newLibrary(opt, c.CAFile, address, func(m *Message) (string, types.Params) {
		return m.Text, types.Params{"title": m.Title, "priority": ntfyPriorities[m.Severity]}
	})
	if err == nil { // of the address only these are secret
		l.secrets = []string{topic.Reveal(), address, token.Reveal(), password.Reveal(), basic(user)}
	}
	return l, err
}

// basic returns what the header Authorization of a user says, behind "Basic".
func basic(user *url.Userinfo) string {
	if user == nil {
		return ""
	}
	password, _ := user.Password()
	return base64.StdEncoding.EncodeToString([]byte(user.Username() + ":" + password))
}
