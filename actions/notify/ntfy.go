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
	// Server is the address of the server: https, or http on this very host.
	Server string `hcl:"server,optional"`
	// Topic is where the messages go. It is in `config show`: one that whoever knows it may read belongs into
	// TopicFile or TopicEnv.
	Topic string `hcl:"topic,optional"`
	// TopicFile is a file with the topic and nothing else, TopicEnv an environment variable with it.
	TopicFile string `hcl:"topic_file,optional"`
	TopicEnv  string `hcl:"topic_env,optional"`
	// TokenFile and TokenEnv hold an access token.
	TokenFile string `hcl:"token_file,optional"`
	TokenEnv  string `hcl:"token_env,optional"`
	// Username with PasswordFile or PasswordEnv is the other way to log in.
	Username     string `hcl:"username,optional"`
	PasswordFile string `hcl:"password_file,optional"`
	PasswordEnv  string `hcl:"password_env,optional"`
	// Tags are shown with the messages; names of emojis become these.
	Tags []string `hcl:"tags,optional"`
	// CAFile is a file of PEM certificates that sign the server's; "" for those that the system trusts.
	CAFile string `hcl:"ca_file,optional"`

	Shared Common
}

// NewNtfy returns the defaults of kind "ntfy".
func NewNtfy() *NtfyConfig { return &NtfyConfig{Server: "https://ntfy.sh", Shared: NewCommon()} }

// Common implements Config.
func (c *NtfyConfig) Common() *Common { return &c.Shared }

// ntfyTopic is what ntfy takes for a topic.
var ntfyTopic = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)

// Validate implements Config.
func (c *NtfyConfig) Validate() (ps []Problem) {
	u, err := url.Parse(c.Server)
	if detail := checkURL(c.Server); detail != "" {
		ps = append(ps, Problem{Setting: "server", Detail: detail})
	} else if err == nil && (strings.Trim(u.Path, "/") != "" || u.RawQuery != "") {
		ps = append(ps, Problem{Setting: "server", Detail: "Write the server alone, as \"https://ntfy.sh\", and the topic in topic."})
	}
	switch {
	case c.Topic == "":
		ps = append(ps, CheckSecret("topic", c.TopicFile, c.TopicEnv, true)...)
	case c.TopicFile != "" || c.TopicEnv != "":
		ps = append(ps, Problem{Setting: "topic", Detail: "The topic can be in one of topic, topic_file and topic_env; leave out the others."})
	case !ntfyTopic.MatchString(c.Topic):
		ps = append(ps, Problem{Setting: "topic", Detail: "A topic has up to 64 letters, digits, - and _."})
	}
	token := c.TokenFile != "" || c.TokenEnv != ""
	ps = append(ps, CheckSecret("token", c.TokenFile, c.TokenEnv, false)...)
	if token && c.Username != "" {
		ps = append(ps, Problem{Setting: "username", Detail: "A token needs no user; leave out one of them."})
	}
	ps = append(ps, CheckSecret("password", c.PasswordFile, c.PasswordEnv, c.Username != "")...)
	if c.Username == "" && (c.PasswordFile != "" || c.PasswordEnv != "") {
		ps = append(ps, Problem{Setting: "username", Detail: "A password needs its user name."})
	}
	for _, t := range c.Tags {
		if t == "" || strings.ContainsAny(t, ",\r\n") {
			ps = append(ps, Problem{Setting: "tags", Detail: fmt.Sprintf("%q is no tag; write one word each.", t)})
		}
	}
	return append(ps, c.Shared.Validate()...)
}

// Resolve implements Config.
func (c *NtfyConfig) Resolve(dir string) {
	for _, p := range []*string{&c.TopicFile, &c.TokenFile, &c.PasswordFile, &c.CAFile} {
		*p = setting.Beside(dir, *p)
	}
}

// ntfyPriorities are the priorities, by severity.
var ntfyPriorities = map[scale.Severity]string{scale.SeverityLow: "low", scale.SeverityMedium: "default", scale.SeverityHigh: "high", scale.SeverityCritical: "max"}

// Open implements Config.
func (c *NtfyConfig) Open(opt Options) (Transport, error) {
	topic := c.Topic
	var secrets []string
	if topic == "" {
		var err error
		if topic, err = ReadSecret("topic", c.TopicFile, c.TopicEnv); err != nil {
			return nil, err
		}
		if !ntfyTopic.MatchString(topic) {
			return nil, fmt.Errorf("topic: what is there is no topic, which has up to 64 letters, digits, - and _")
		}
		secrets = append(secrets, topic)
	}
	token, err := ReadSecret("token", c.TokenFile, c.TokenEnv)
	if err != nil {
		return nil, err
	}
	password, err := ReadSecret("password", c.PasswordFile, c.PasswordEnv)
	if err != nil {
		return nil, err
	}
	var user *url.Userinfo
	switch {
	case token != "": // ntfy takes a token as the password of a user without a name
		user = url.UserPassword("", token)
	case c.Username != "":
		user = url.UserPassword(c.Username, password)
	}
	server, err := url.Parse(c.Server)
	if err != nil {
		return nil, fmt.Errorf("server: that is no address")
	}
	query := url.Values{"scheme": {server.Scheme}}
	if len(c.Tags) > 0 {
		query.Set("tags", strings.Join(c.Tags, ","))
	}
	address := serviceURL(ntfy.Scheme, server.Host, "/"+topic, user, query)
	l, err := newLibrary(opt, c.CAFile, address, func(m *Message) (string, types.Params) {
		return m.Text, types.Params{"title": m.Title, "priority": ntfyPriorities[m.Severity]}
	})
	if err == nil { // of the address only these are secret
		l.secrets = append(secrets, address, token, password, basic(user))
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
