package notify

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/ruleids/ruleids/internal/setting"
)

// ShoutrrrConfig is the settings of kind "shoutrrr": any service of the library of that name, by its URL.
type ShoutrrrConfig struct {
	// URL is the service's URL as the library's documentation has it, where there is no secret in it: of
	// services ntfy, generic and logger without a user and parameters. It is in `config show`.
	URL string `hcl:"url,optional"`
	// URLFile is a file with the URL and nothing else, URLEnv an environment variable with it.
	URLFile string `hcl:"url_file,optional"`
	URLEnv  string `hcl:"url_env,optional"`

	Shared Common
}

// NewShoutrrr returns the defaults of kind "shoutrrr".
func NewShoutrrr() *ShoutrrrConfig { return &ShoutrrrConfig{Shared: NewCommon()} }

// Common implements Config.
func (c *ShoutrrrConfig) Common() *Common { return &c.Shared }

// Validate implements Config.
func (c *ShoutrrrConfig) Validate() (ps []Problem) {
	switch {
	case c.URL == "":
		ps = CheckSecret("url", c.URLFile, c.URLEnv, true)
	case c.URLFile != "" || c.URLEnv != "":
		ps = append(ps, Problem{Setting: "url", Detail: "The address can be in one of url, url_file and url_env; leave out the others."})
	default:
		u, err := url.Parse(c.URL)
		switch {
		case err != nil || u.Scheme == "":
			ps = append(ps, Problem{Setting: "url", Detail: "Write the URL of a service, as \"ntfy://ntfy.example.com/topic\"."})
		case !isOpen(u):
			ps = append(ps, Problem{Setting: "url", Detail: "The URL of this service may hold a secret; put it into a file and name that in url_file, or into an environment variable named in url_env."})
		default:
			if err := checkService(c.URL); err != nil {
				ps = append(ps, Problem{Setting: "url", Detail: err.Error() + "."})
			}
		}
	}
	return append(ps, c.Shared.Validate()...)
}

// isOpen reports whether the URL of a service surely holds no secret.
func isOpen(u *url.URL) bool {
	switch scheme, _, _ := strings.Cut(u.Scheme, "+"); scheme {
	case "ntfy", "generic", "logger":
		return u.User == nil && u.RawQuery == ""
	}
	return false
}

// checkService looks whether the library knows the service, and whether its URL is of the right form as far as that
// can be told without contacting it. The error does not repeat the URL.
func checkService(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("that is no URL of a service")
	}
	scheme, _, _ := strings.Cut(u.Scheme, "+")
	r := &router.ServiceRouter{}
	if _, err := r.NewService(scheme); err != nil {
		return fmt.Errorf("there is no service %q; see the list of https://shoutrrr.nickfedor.com", oneLine(scheme, 40))
	}
	if scheme == "matrix" { // making it logs in
		return nil
	}
	if _, err := r.Locate(address); err != nil {
		secrets := addressSecrets(address)
		return fmt.Errorf("service %s cannot be set up with that URL: %s", scheme, inText.ReplaceAllString(blot(err.Error(), secrets), "[address]"))
	}
	return nil
}

// Resolve implements Config.
func (c *ShoutrrrConfig) Resolve(dir string) { c.URLFile = setting.Beside(dir, c.URLFile) }

// Open implements Config.
func (c *ShoutrrrConfig) Open(opt Options) (Transport, error) {
	address := c.URL
	if address == "" {
		var err error
		if address, err = ReadSecret("url", c.URLFile, c.URLEnv); err != nil {
			return nil, err
		}
		if err := checkService(address); err != nil {
			return nil, fmt.Errorf("url: %w", err)
		}
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("url: that is no URL of a service")
	}
	secrets := []string(nil)
	if !isOpen(u) { // of some services the host is the secret
		secrets = append(secrets, u.Host)
	}
	return newLibrary(opt, "", address, func(m *Message) (string, types.Params) { return titled(m) }, secrets...)
}
