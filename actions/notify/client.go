package notify

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/internal/retry"
)

// maxAnswer is the bytes that are read of an answer.
const maxAnswer = 64 << 10

// maxQuoted is the characters of an answer that go into an error. Redact cuts that to maxError once the secrets are out.
const maxQuoted = 4096

// An exchange carries HTTP requests of one notifier, and turns every answer but 2xx into an error, a *RetryError
// where another try may help. No answer is read beyond maxAnswer, and no redirect is followed: it would take the
// message, and its secret, somewhere else.
type exchange struct {
	base http.RoundTripper
	last error // what became of the last request; libraries do not always keep the error
}

// RoundTrip implements http.RoundTripper.
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := x.roundTrip(req)
	x.last = err
	return res, err
}

func (x *exchange) roundTrip(req *http.Request) (*http.Response, error) {
	res, err := x.base.RoundTrip(req)
	if err != nil {
		return nil, &RetryError{Err: err}
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	res.Body.Close()
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		if err != nil { // it did take the message
			body = nil
		}
		res.Body = io.NopCloser(bytes.NewReader(body))
		return res, nil
	}
	return nil, statusError(res, body, time.Now())
}

// statusError returns the error of an answer other than success.
func statusError(res *http.Response, body []byte, now time.Time) error {
	what := fmt.Sprintf("the server answered %s", res.Status)
	if text := oneLine(string(body), maxQuoted); text != "" {
		what += ": " + text
	}
	err := errors.New(what)
	switch c := res.StatusCode; {
	case c == http.StatusTooManyRequests, c == http.StatusRequestTimeout, c == http.StatusTooEarly, c >= 500:
		return &RetryError{After: retry.After(res.Header.Get("Retry-After"), now, maxAfter), Err: err}
	case c == http.StatusUnauthorized, c == http.StatusForbidden:
		return fmt.Errorf("%w; it does not take the secret, token or password in the settings of this notifier, or none was given", err)
	case c >= 300 && c < 400:
		return fmt.Errorf("%w; redirects are not followed: set the address that is meant", err)
	}
	return err
}

// newBase returns what carries requests over the network, with the certificates of caFile, or with those that the
// system trusts.
func newBase(opt Options, caFile string) (http.RoundTripper, error) {
	if opt.connect != nil {
		return opt.connect, nil
	}
	conf, err := tlsConfig(caFile)
	if err != nil {
		return nil, err
	}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: conf, ForceAttemptHTTP2: true,
		DialContext:  (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConns: 2, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 15 * time.Second, MaxResponseHeaderBytes: maxAnswer,
	}, nil
}

// newClient returns a client whose requests go through an exchange of their own.
func newClient(base http.RoundTripper) (*http.Client, *exchange) {
	x := &exchange{base: base}
	return &http.Client{Transport: x, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, x
}

// closeBase lets go of idle connections.
func closeBase(base http.RoundTripper) {
	if t, ok := base.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// tlsConfig returns the settings of TLS with the certificates of a PEM file; "" for those that the system trusts.
func tlsConfig(caFile string) (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile == "" {
		return out, nil
	}
	text, err := files.Read(caFile)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	out.RootCAs = x509.NewCertPool()
	if !out.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("ca_file: %s holds no certificate in PEM", caFile)
	}
	return out, nil
}
