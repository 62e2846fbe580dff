package notify

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/internal/setting"
)

// maxError is the characters of an error that Redact lets through.
const maxError = 400

// Redact returns an error that says the same without the secrets: the address of a *url.Error is left out, and
// every secret is blotted out however a URL or a quoted string would write it. The text is one line that prints, of at
// most 400 characters. The error wraps what it did only as far as a *RetryError, context.Canceled and
// context.DeadlineExceeded go.
func Redact(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	var retry *RetryError
	isRetry := errors.As(err, &retry)
	text := err.Error()
	for e := err; e != nil; e = errors.Unwrap(e) {
		if u, ok := e.(*url.Error); ok { // it begins with the method and the whole address
			text = strings.ReplaceAll(text, u.Error(), u.Err.Error())
			text = strings.ReplaceAll(text, u.URL, setting.Mask)
		}
	}
	text = oneLine(blot(text, secrets), maxError) // a server's words reach terminals
	out := error(&redacted{text: text, canceled: errors.Is(err, context.Canceled), late: errors.Is(err, context.DeadlineExceeded)})
	if isRetry {
		return &RetryError{After: retry.After, Err: out}
	}
	return out
}

// blot puts setting.Mask in place of secrets.
func blot(text string, secrets []string) string {
	// The longest first: a part of a secret must not keep the whole from being found.
	for _, s := range slices.SortedFunc(slices.Values(secrets), func(a, b string) int { return len(b) - len(a) }) {
		if s == "" {
			continue
		}
		quoted := fmt.Sprintf("%q", s)
		for _, form := range []string{s, url.PathEscape(s), url.QueryEscape(s), url.UserPassword(s, "").String(), quoted[1 : len(quoted)-1]} {
			if form = strings.TrimSuffix(form, ":"); form != "" {
				text = strings.ReplaceAll(text, form, setting.Mask)
			}
		}
	}
	return text
}

// A redacted error keeps nothing of its cause but whether a context was over.
type redacted struct {
	text           string
	canceled, late bool
}

// Error implements error; the text has no secrets.
func (e *redacted) Error() string { return e.text }

// Is reports whether the error is of a context.
func (e *redacted) Is(target error) bool {
	return e.canceled && target == context.Canceled || e.late && target == context.DeadlineExceeded
}

// readAddress reads an https address.
func readAddress(name string, from *setting.Source) (string, error) {
	s, err := from.Read(name)
	if err != nil {
		return "", err
	}
	if _, err := setting.ParseURL(s.Reveal()); err != nil {
		return "", fmt.Errorf("%s: what is there is not an address: %w", name, err)
	}
	return s.Reveal(), nil
}

// addressSecrets returns the parts of an address that may be secrets by themselves: all that a person would not
// read as a word. Services quote them in their answers.
func addressSecrets(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		return []string{address}
	}
	parts := []string{address, u.RequestURI()}
	if u.User != nil {
		password, _ := u.User.Password()
		for _, s := range []string{u.User.Username(), password} {
			parts = append(parts, s)
			parts = append(parts, strings.FieldsFunc(s, isSeparator)...)
		}
	}
	parts = append(parts, strings.FieldsFunc(u.Path, isSeparator)...)
	for _, vs := range u.Query() {
		for _, v := range vs {
			parts = append(parts, v)
			parts = append(parts, strings.FieldsFunc(v, isSeparator)...)
		}
	}
	out := parts[:0]
	for _, p := range parts {
		if len(p) >= minPart {
			out = append(out, p)
		}
	}
	return out
}

// minPart is the length under which a part of an address is not a secret by itself.
const minPart = 6

func isSeparator(r rune) bool { return strings.ContainsRune("/:@,;=&?-", r) }
