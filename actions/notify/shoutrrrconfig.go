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
	// URL is the service's URL as the library's documentation has it. One that may hold a secret belongs into a file or an
	// environment variable: of other services than ntfy, generic and logger, and with a user or parameters.
	URL setting.Source `setting:"url,inline,required"`

	Common
}

// Check returns what is wrong with the settings as they go together.
func (c *ShoutrrrConfig) Check() []setting.Problem {
	if c.URL.Value == "" {
		return nil
	}
	u, err := url.Parse(c.URL.Value.Reveal())
	detail := ""
	switch {
	case err != nil || u.Scheme == "":
		detail = "Write the URL of a service, as \"ntfy://ntfy.example.com/topic\"."
	case !isOpen(u):
		detail = "The URL of this service may hold a secret; put it into a file and name that in url_file, or into an environment variable named in url_env."
	default:
		if err := checkService(u.String()); err != nil {
			detail = err.Error() + "."
		}
	}
	if detail == "" {
		return nil
	}
	return []setting.Problem{{Setting: "url", Detail: detail}}
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
		return errors.New("that is not the URL of a service")
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

// Open implements Config.
func (c *ShoutrrrConfig) Open(opt Options) (Transport, error) {
	secret, err := c.URL.Read("url")
	if err != nil {
		return nil, err
	}
	address := secret.Reveal()
	if err := checkService(address); err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("url: that is not the URL of a service")
	}
	secrets := []string(nil)
	if !isOpen(u) { // of some services the host is the secret
		secrets = append(secrets, u.Host)
	}
	return newLibrary(opt, "", address, func(m *Message) (string, types.Params) { return titled(m) }, secrets...)
}
