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
	// Server is the address of the home server alone: https, or http on this very host.
	Server setting.URL `setting:"server,required"`
	// Token is the access token.
	Token setting.Source `setting:"token,required"`
	// Rooms are where the messages go.
	Rooms []MatrixRoom `setting:"rooms,required"`

	Common
}

// A MatrixRoom is the alias, "#ops:example.com", or the identifier, "!abc:example.com", of a room.
type MatrixRoom string

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *MatrixRoom) UnmarshalText(text []byte) error {
	if len(text) < 2 || text[0] != '#' && text[0] != '!' || strings.ContainsAny(string(text), ", \t\r\n/") {
		return fmt.Errorf("%q is not a room: write an alias as \"#ops:example.com\" or an identifier as \"!abc:example.com\"", text)
	}
	*r = MatrixRoom(text)
	return nil
}

// Check returns what is wrong with the settings as they go together.
func (c *MatrixConfig) Check() []setting.Problem {
	return checkHost(c.Server, "Write the home server alone, as \"https://matrix.example.com\".")
}

// checkHost returns what is wrong with a setting "server" that is to be a server without a path.
func checkHost(server setting.URL, detail string) []setting.Problem {
	if strings.Trim(server.Path, "/") != "" || server.RawQuery != "" {
		return []setting.Problem{{Setting: "server", Detail: detail}}
	}
	return nil
}

// Open implements Config.
func (c *MatrixConfig) Open(opt Options) (Transport, error) {
	secret, err := c.Token.Read("token")
	if err != nil {
		return nil, err
	}
	token := secret.Reveal()
	rooms := make([]string, len(c.Rooms))
	for i, r := range c.Rooms {
		rooms[i] = string(r)
	}
	query := url.Values{"rooms": {strings.Join(rooms, ",")}}
	if c.Server.Scheme == "http" {
		query.Set("disableTLS", "Yes")
	}
	l, err := newLibrary(opt, "", serviceURL(matrix.Scheme, c.Server.Host, "", url.UserPassword("", token), query), titled)
	if err == nil { // the server and the rooms are none
		l.secrets = []string{l.address, token}
	}
	return l, err
}
