package notify

import (
	"errors"
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
	// URL is where the messages are posted to: https, or http on this very host.
	URL setting.Source `setting:"url,inline,required"`
	// Secret is what requests are signed with; without one they are not.
	Secret setting.Source `setting:"secret"`
	// Headers are header lines besides those that every request has.
	Headers map[string]setting.Secret `setting:"headers"`
	// Authorization is the value of the header of that name.
	Authorization setting.Source `setting:"authorization"`
	// CAFile is a file of PEM certificates that sign the server's; "" for those that the system trusts.
	CAFile string `setting:"ca_file,path"`

	Common
}

// Check returns what is wrong with the settings as they go together.
func (c *WebhookConfig) Check() (ps []setting.Problem) {
	wrong := func(name, format string, args ...any) {
		ps = append(ps, setting.Problem{Setting: name, Detail: fmt.Sprintf(format, args...)})
	}
	if c.URL.Value != "" {
		if _, err := setting.ParseURL(c.URL.Value.Reveal()); err != nil {
			wrong("url", "%v.", err)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(c.Headers)) {
		switch name := http.CanonicalHeaderKey(k); {
		case !httpguts.ValidHeaderFieldName(k) || !httpguts.ValidHeaderFieldValue(c.Headers[k].Reveal()):
			wrong("headers", "%q is not the name of a header, or its value has more than one line.", k)
		case slices.Contains([]string{"Authorization", "Cookie", "Proxy-Authorization"}, name) || strings.Contains(name, "Token") || strings.Contains(name, "Key"):
			wrong("headers", "%s holds a secret, which does not belong here; use authorization_file or secret_file.", k)
		case slices.Contains([]string{"Content-Type", "Content-Length", "Host", "Connection", "Transfer-Encoding", SignatureHeader, TimestampHeader}, name):
			wrong("headers", "%s is set by ruleids; leave it out.", k)
		}
	}
	return ps
}

// Open implements Config.
func (c *WebhookConfig) Open(opt Options) (Transport, error) {
	w := &webhook{headers: map[string]string{}}
	for k, v := range c.Headers {
		w.headers[k] = v.Reveal()
	}
	var err error
	if w.url, err = readAddress("url", &c.URL); err != nil {
		return nil, err
	}
	w.secrets = append(addressSecrets(w.url), w.url)
	secret, err := c.Secret.Read("secret")
	if err != nil {
		return nil, err
	}
	if secret != "" {
		w.secret = []byte(secret)
		w.secrets = append(w.secrets, secret.Reveal())
	}
	authorization, err := c.Authorization.Read("authorization")
	if err != nil {
		return nil, err
	}
	if authorization != "" {
		text := authorization.Reveal()
		if !httpguts.ValidHeaderFieldValue(text) {
			return nil, errors.New("authorization: the secret cannot be the value of a header; write the text behind \"Authorization: \"")
		}
		w.headers["Authorization"] = text
		_, token, _ := strings.Cut(text, " ")
		w.secrets = append(w.secrets, text, token)
	}
	if w.base, err = newBase(opt, c.CAFile); err != nil {
		return nil, err
	}
	return w, nil
}
