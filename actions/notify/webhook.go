package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/ruleids/ruleids/internal/scale"
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

const (
	// SignatureHeader is "sha256=" and, in hexadecimal, the HMAC-SHA256 (RFC 2104) of the value of
	// TimestampHeader, a full stop and the body, with the secret.
	SignatureHeader = "X-Ruleids-Signature"
	// TimestampHeader is when the request was made, in seconds since 1970-01-01 UTC. A receiver that refuses old
	// ones cannot be played a request twice.
	TimestampHeader = "X-Ruleids-Timestamp"

	// maxBody bounds a request. A larger one goes without its alert.
	maxBody = 256 << 10
)

// payload is the body of a webhook's request.
type payload struct {
	Title    string          `json:"title"`
	Text     string          `json:"text"`
	Severity scale.Severity  `json:"severity"`
	Rule     string          `json:"rule,omitempty"`
	Count    uint64          `json:"count"`
	First    time.Time       `json:"first"`
	Last     time.Time       `json:"last"`
	Keys     []string        `json:"keys"`
	MoreKeys uint64          `json:"more_keys"`
	Agent    string          `json:"agent"`
	Alert    json.RawMessage `json:"alert"` // null without one
}

func (m *Message) payload() ([]byte, error) {
	p := payload{
		Title: m.Title, Text: m.Text, Severity: m.Severity, Rule: m.Rule, Count: m.Count, First: m.First, Last: m.Last,
		Keys: m.Keys, MoreKeys: m.MoreKeys, Agent: m.Agent,
	}
	if p.Keys == nil {
		p.Keys = []string{}
	}
	if m.Alert != nil {
		p.Alert = m.Alert.AppendJSON(nil)
	}
	body, err := json.Marshal(&p)
	if err == nil && len(body) > maxBody {
		p.Alert = nil
		body, err = json.Marshal(&p)
	}
	return body, err
}

// A webhook posts messages as JSON.
type webhook struct {
	url     string
	secret  []byte // nil for no signature
	headers map[string]string
	base    http.RoundTripper
	secrets []string // to be kept out of errors
}

func (w *webhook) Send(ctx context.Context, m *Message) error {
	body, err := m.payload()
	if err != nil {
		return err
	}
	return Redact(post(ctx, w.base, w.url, body, func(h http.Header) {
		for k, v := range w.headers {
			h.Set(k, v)
		}
		if w.secret == nil {
			return
		}
		at := strconv.FormatInt(time.Now().Unix(), 10)
		h.Set(TimestampHeader, at)
		h.Set(SignatureHeader, sign(w.secret, at, body))
	}), w.secrets...)
}

func (w *webhook) Close() error {
	closeBase(w.base)
	return nil
}

// sign returns the signature of a body.
func sign(secret []byte, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	io.WriteString(mac, timestamp)
	io.WriteString(mac, ".")
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// post sends JSON to an address.
func post(ctx context.Context, base http.RoundTripper, url string, body []byte, header func(http.Header)) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	header(req.Header)
	req.Header.Set("Content-Type", "application/json")
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "ruleids")
	}
	client, _ := newClient(base)
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}
