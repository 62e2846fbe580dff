package setting

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// A Listen is an address to listen on, as host:port; ":port" is every address of this host, and "" is none.
type Listen string

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Listen) UnmarshalText(text []byte) error {
	if len(text) > 0 {
		_, port, err := net.SplitHostPort(string(text))
		if err == nil {
			_, err = strconv.ParseUint(port, 10, 16)
		}
		if err != nil {
			return fmt.Errorf("%q is not an address to listen on: write host:port, as \"127.0.0.1:9477\"", text)
		}
	}
	*l = Listen(text)
	return nil
}

// A Server is the host of a server, with its port or 0 for that of the protocol.
type Server struct {
	Host string
	Port uint16
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Server) UnmarshalText(text []byte) error {
	host, port, err := net.SplitHostPort(string(text))
	n := uint64(0)
	if err == nil {
		if n, err = strconv.ParseUint(port, 10, 16); n == 0 {
			err = strconv.ErrRange
		}
	} else if host = strings.TrimSuffix(strings.TrimPrefix(string(text), "["), "]"); !strings.Contains(host, ":") {
		err = nil
	} else {
		_, err = netip.ParseAddr(host)
	}
	if err != nil || host == "" || strings.ContainsAny(host, " /@") {
		return fmt.Errorf("%q is not the address of a server: write host:port, of IPv6 [address]:port", text)
	}
	*s = Server{host, uint16(n)}
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (s Server) MarshalText() ([]byte, error) {
	if s.Port == 0 {
		return []byte(s.Host), nil
	}
	return []byte(s.Address(0)), nil
}

// Address returns host:port, with the port of the protocol where the setting has none.
func (s Server) Address(port uint16) string {
	if s.Port != 0 {
		port = s.Port
	}
	return net.JoinHostPort(s.Host, strconv.Itoa(int(port)))
}

// A URL is the address of a web server: https, or http on this very host. The zero URL is none.
type URL struct{ url.URL }

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *URL) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*u = URL{}
		return nil
	}
	parsed, err := ParseURL(string(text))
	if err == nil {
		u.URL = *parsed
	}
	return err
}

// MarshalText implements encoding.TextMarshaler.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.URL.String()), nil }

// ParseURL reads an address that secrets or reports may be sent to: https, or http on this very host. The error does not repeat
// the address: there may be a secret in it.
func ParseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, errors.New("write an address as https://host/path")
	case u.User != nil:
		return nil, errors.New("a user or password does not go into the address; see the settings for secrets")
	case u.Fragment != "":
		return nil, errors.New("the address has no part behind #")
	case u.Scheme == "https":
		return u, nil
	case u.Scheme != "http":
		return nil, fmt.Errorf("an address does not begin with %q here: write https", u.Scheme)
	}
	if !IsLoopback(u.Hostname()) {
		return nil, errors.New("what is sent would travel in clear: write https, or http to this very host only")
	}
	return u, nil
}

// IsLoopback reports whether a host is this very host.
func IsLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}
