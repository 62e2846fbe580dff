package reputation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/internal/retry"
	"github.com/ruleids/ruleids/internal/setting"
)

// A client asks VirusTotal's API v3. It is used by one goroutine.
// https://docs.virustotal.com/reference/overview
type client struct {
	url     string
	timeout time.Duration
	http    *http.Client
}

func newClient(c *VirusTotalConfig) *client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 1, 1
	transport.MaxResponseHeaderBytes = 64 << 10
	return &client{
		url: strings.TrimRight(c.URL.String(), "/"), timeout: c.Timeout,
		// A redirection is an answer to look at: to follow it would hand the key to wherever it leads.
		http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// maxAnswer is more bytes than a report has, which with the words of a hundred engines has tens of thousands.
const maxAnswer = 4 << 20

// An answer is what is read of a report: https://docs.virustotal.com/reference/ip-object and
// https://docs.virustotal.com/reference/domains-object.
type answer struct {
	Data *struct {
		Attributes *struct {
			Stats *struct {
				Harmless   int `json:"harmless"`
				Malicious  int `json:"malicious"`
				Suspicious int `json:"suspicious"`
				Timeout    int `json:"timeout"`
				Undetected int `json:"undetected"`
			} `json:"last_analysis_stats"`
			Reputation int `json:"reputation"`
		} `json:"attributes"`
	} `json:"data"`
	Error *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// A failure is a request that brought no verdict.
type failure struct {
	state State         // StateFailing, StateQuota or StateRefused; StateReady where the indicator alone is at fault
	after time.Duration // how long the server wants to be left alone; 0 where it does not say
	err   error
}

// Error says what failed.
func (f *failure) Error() string { return f.err.Error() }

// Unwrap returns the cause.
func (f *failure) Unwrap() error { return f.err }

var errTimeout = errors.New("no answer in time")

// ask returns what VirusTotal says about an indicator: Found and the numbers of a Verdict. The error is
// a *failure, or that of ctx.
func (c *client) ask(ctx context.Context, key setting.Secret, text string, domain bool) (Verdict, error) {
	kind := "ip_addresses"
	if domain {
		kind = "domains"
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, fmt.Errorf("%w (%s)", errTimeout, c.timeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/"+kind+"/"+url.PathEscape(text), nil)
	if err != nil {
		return Verdict{}, &failure{state: StateReady, err: err}
	}
	req.Header.Set("x-apikey", key.Reveal())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "ruleids")
	resp, err := c.http.Do(req)
	if err != nil {
		return Verdict{}, c.broken(ctx, err)
	}
	defer resp.Body.Close()
	var a answer
	decode := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&a)
	if ctx.Err() != nil {
		return Verdict{}, c.broken(ctx, ctx.Err())
	}
	if resp.StatusCode == http.StatusOK {
		return a.verdict(decode)
	}
	if decode != nil {
		a = answer{} // half of an error may mislead
	}
	return a.refusal(resp, key, time.Now())
}

// broken returns the error of a request without an answer.
func (c *client) broken(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errTimeout) {
		return &failure{state: StateFailing, err: cause}
	} else if cause != nil {
		return cause
	}
	var u *url.Error
	if errors.As(err, &u) { // whose text has the address again
		err = u.Err
	}
	return &failure{state: StateFailing, err: err}
}

// verdict reads a report.
func (a *answer) verdict(decode error) (Verdict, error) {
	if decode != nil {
		return Verdict{}, &failure{state: StateFailing, err: fmt.Errorf("the answer cannot be read: %w", decode)}
	}
	if a.Data == nil || a.Data.Attributes == nil || a.Data.Attributes.Stats == nil {
		return Verdict{}, &failure{state: StateFailing, err: errors.New("the answer has no last_analysis_stats: does the url lead to API v3?")}
	}
	s := a.Data.Attributes.Stats
	for _, n := range []int{s.Malicious, s.Suspicious, s.Harmless, s.Undetected, s.Timeout} {
		if n < 0 || n > maxEngines {
			return Verdict{}, &failure{state: StateFailing, err: fmt.Errorf("the answer has %d engines in last_analysis_stats", n)}
		}
	}
	return Verdict{Found: true, Malicious: s.Malicious, Suspicious: s.Suspicious, Harmless: s.Harmless, Undetected: s.Undetected, Timeout: s.Timeout,
		Community: a.Data.Attributes.Reputation}, nil
}

// refusal makes something of an answer that is not a report: https://docs.virustotal.com/reference/errors
func (a *answer) refusal(resp *http.Response, key setting.Secret, now time.Time) (Verdict, error) {
	code := ""
	text := "HTTP " + strconv.Itoa(resp.StatusCode)
	if a.Error != nil {
		code = printable.Clip(printable.Line(strings.ReplaceAll(a.Error.Code, key.Reveal(), setting.Mask)), maxWords)
		text += ", " + code + ": " + printable.Clip(printable.Line(strings.ReplaceAll(a.Error.Message, key.Reveal(), setting.Mask)), maxWords)
	}
	f := &failure{state: StateFailing, after: retry.After(resp.Header.Get("Retry-After"), now, maxRetryAfter), err: errors.New(text)}
	switch {
	case resp.StatusCode == http.StatusNotFound && code == "NotFoundError":
		return Verdict{}, nil
	case resp.StatusCode == http.StatusNotFound, resp.StatusCode >= 300 && resp.StatusCode < 400:
		f.err = fmt.Errorf("%w: does the url lead to API v3?", f.err)
	case resp.StatusCode == http.StatusBadRequest && code != "":
		f.state = StateReady
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		f.state = StateRefused
	case resp.StatusCode == http.StatusTooManyRequests:
		f.state = StateQuota
	}
	return Verdict{}, f
}

// maxRetryAfter is the most that is believed of a server that wants to be left alone.
const maxRetryAfter = 24 * time.Hour

// maxWords bounds what a server says, in bytes, where it goes to logs.
const maxWords = 200

// close lets go of the connection.
func (c *client) close() { c.http.CloseIdleConnections() }
