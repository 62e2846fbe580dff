package notify

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/ruleids/ruleids/internal/setting"
)

// WebhookConfig is the settings of kind "webhook": messages as JSON to an address of the user's.
type WebhookConfig struct {
	// URL is where the messages are posted to: https, or http on this very host. It is in `config show`: an
	// address that holds a secret belongs into URLFile or URLEnv.
	URL string `hcl:"url,optional"`
	// URLFile is a file with the address and nothing else, URLEnv an environment variable with it.
	URLFile string `hcl:"url_file,optional"`
	URLEnv  string `hcl:"url_env,optional"`
	// SecretFile and SecretEnv hold the secret that requests are signed with; without one they are not.
	SecretFile string `hcl:"secret_file,optional"`
	SecretEnv  string `hcl:"secret_env,optional"`
	// Headers are header lines besides those that every request has. They are in `config show`.
	Headers map[string]string `hcl:"headers,optional"`
	// AuthorizationFile and AuthorizationEnv hold the value of the header Authorization.
	AuthorizationFile string `hcl:"authorization_file,optional"`
	AuthorizationEnv  string `hcl:"authorization_env,optional"`
	// CAFile is a file of PEM certificates that sign the server's; "" for those that the system trusts.
	CAFile string `hcl:"ca_file,optional"`

	Shared Common
}

// NewWebhook returns the defaults of kind "webhook".
func NewWebhook() *WebhookConfig { return &WebhookConfig{Shared: NewCommon()} }

// Common implements Config.
func (c *WebhookConfig) Common() *Common { return &c.Shared }

// Validate implements Config.
func (c *WebhookConfig) Validate() (ps []Problem) {
	switch {
	case c.URL == "":
		ps = append(ps, CheckSecret("url", c.URLFile, c.URLEnv, true)...)
	case c.URLFile != "" || c.URLEnv != "":
		ps = append(ps, Problem{Setting: "url", Detail: "The address can be in one of url, url_file and url_env; leave out the others."})
	default:
		if detail := checkURL(c.URL); detail != "" {
			ps = append(ps, Problem{Setting: "url", Detail: detail})
		}
	}
	ps = append(ps, CheckSecret("secret", c.SecretFile, c.SecretEnv, false)...)
	for _, k := range slices.Sorted(maps.Keys(c.Headers)) {
		switch name := http.CanonicalHeaderKey(k); {
		case !httpguts.ValidHeaderFieldName(k) || !httpguts.ValidHeaderFieldValue(c.Headers[k]):
			ps = append(ps, Problem{Setting: "headers", Detail: fmt.Sprintf("%q is not the name of a header, or its value has more than one line.", k)})
		case slices.Contains([]string{"Authorization", "Cookie", "Proxy-Authorization"}, name) || strings.Contains(name, "Token") || strings.Contains(name, "Key"):
			ps = append(ps, Problem{Setting: "headers", Detail: fmt.Sprintf("%s holds a secret, which does not belong here; use authorization_file or secret_file.", k)})
		case slices.Contains([]string{"Content-Type", "Content-Length", "Host", "Connection", "Transfer-Encoding", SignatureHeader, TimestampHeader}, name):
			ps = append(ps, Problem{Setting: "headers", Detail: fmt.Sprintf("%s is set by ruleids; leave it out.", k)})
		}
	}
	ps = append(ps, CheckSecret("authorization", c.AuthorizationFile, c.AuthorizationEnv, false)...)
	return append(ps, c.Shared.Validate()...)
}

// Resolve implements Config.
func (c *WebhookConfig) Resolve(dir string) {
	for _, p := range []*string{&c.URLFile, &c.SecretFile, &c.AuthorizationFile, &c.CAFile} {
		*p = setting.Beside(dir, *p)
	}
}

// Open implements Config.
func (c *WebhookConfig) Open(opt Options) (Transport, error) {
	w := &webhook{url: c.URL, headers: maps.Clone(c.Headers)}
	if c.URL == "" {
		var err error
		if w.url, err = readAddress("url", c.URLFile, c.URLEnv); err != nil {
			return nil, err
		}
		w.secrets = append(w.secrets, w.url)
	}
	secret, err := ReadSecret("secret", c.SecretFile, c.SecretEnv)
	if err != nil {
		return nil, err
	}
	if secret != "" {
		w.secret = []byte(secret)
	}
	authorization, err := ReadSecret("authorization", c.AuthorizationFile, c.AuthorizationEnv)
	if err != nil {
		return nil, err
	}
	if authorization != "" {
		if !httpguts.ValidHeaderFieldValue(authorization) {
			return nil, fmt.Errorf("authorization: the secret cannot be the value of a header; write the text behind \"Authorization: \"")
		}
		if w.headers == nil {
			w.headers = map[string]string{}
		}
		w.headers["Authorization"] = authorization
		w.secrets = append(w.secrets, authorization)
		if _, token, ok := strings.Cut(authorization, " "); ok {
			w.secrets = append(w.secrets, token)
		}
	}
	w.secrets = append(w.secrets, secret)
	if w.url != c.URL {
		w.secrets = append(w.secrets, addressSecrets(w.url)...)
	}
	if w.base, err = newBase(opt, c.CAFile); err != nil {
		return nil, err
	}
	return w, nil
}
