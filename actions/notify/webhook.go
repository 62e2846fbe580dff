package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/ruleids/ruleids/internal/scale"
)

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
