package notify

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/matrix"

	"github.com/ruleids/ruleids/internal/setting"
)

// MatrixConfig is the settings of kind "matrix": rooms of a Matrix home server.
type MatrixConfig struct {
	// Server is the address of the home server: https, or http on this very host.
	Server string `hcl:"server"`
	// TokenFile is a file with the access token and nothing else, TokenEnv an environment variable with it.
	TokenFile string `hcl:"token_file,optional"`
	TokenEnv  string `hcl:"token_env,optional"`
	// Rooms are aliases, "#ops:example.com", or identifiers, "!abc:example.com", of the rooms.
	Rooms []string `hcl:"rooms"`

	Shared Common
}

// NewMatrix returns the defaults of kind "matrix".
func NewMatrix() *MatrixConfig { return &MatrixConfig{Shared: NewCommon()} }

// Common implements Config.
func (c *MatrixConfig) Common() *Common { return &c.Shared }

// Validate implements Config.
func (c *MatrixConfig) Validate() (ps []Problem) {
	u, err := url.Parse(c.Server)
	if detail := checkURL(c.Server); detail != "" {
		ps = append(ps, Problem{Setting: "server", Detail: detail})
	} else if err == nil && (strings.Trim(u.Path, "/") != "" || u.RawQuery != "") {
		ps = append(ps, Problem{Setting: "server", Detail: "Write the home server alone, as \"https://matrix.example.com\"."})
	}
	ps = append(ps, CheckSecret("token", c.TokenFile, c.TokenEnv, true)...)
	if len(c.Rooms) == 0 {
		ps = append(ps, Problem{Setting: "rooms", Detail: "Name at least one room, as \"#ops:example.com\"."})
	}
	for _, r := range c.Rooms {
		if len(r) < 2 || r[0] != '#' && r[0] != '!' || strings.ContainsAny(r, ", \t\r\n/") {
			ps = append(ps, Problem{Setting: "rooms", Detail: fmt.Sprintf("%q is no room; write an alias as \"#ops:example.com\" or an identifier as \"!abc:example.com\".", r)})
		}
	}
	return append(ps, c.Shared.Validate()...)
}

// Resolve implements Config.
func (c *MatrixConfig) Resolve(dir string) { c.TokenFile = setting.Beside(dir, c.TokenFile) }

// Open implements Config.
func (c *MatrixConfig) Open(opt Options) (Transport, error) {
	token, err := ReadSecret("token", c.TokenFile, c.TokenEnv)
	if err != nil {
		return nil, err
	}
	server, err := url.Parse(c.Server)
	if err != nil {
		return nil, fmt.Errorf("server: that is no address")
	}
	query := url.Values{"rooms": {strings.Join(c.Rooms, ",")}}
	if server.Scheme == "http" {
		query.Set("disableTLS", "Yes")
	}
	l, err := newLibrary(opt, "", serviceURL(matrix.Scheme, server.Host, "", url.UserPassword("", token), query), titled)
	if err == nil { // the server and the rooms are none
		l.secrets = []string{l.address, token}
	}
	return l, err
}
