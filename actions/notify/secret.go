package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
)

// maxSecret is more than the longest address or token of any service.
const maxSecret = 64 << 10

// CheckSecret returns what is wrong with the settings of a secret, NAME_file and NAME_env, of which at most one
// may be given, and must be where the secret is required.
func CheckSecret(name, file, env string, required bool) []Problem {
	switch {
	case file != "" && env != "":
		return []Problem{{Setting: name + "_env", Detail: fmt.Sprintf("Only one of %s_file and %[1]s_env can hold the secret; leave one out.", name)}}
	case file == "" && env == "" && required:
		return []Problem{{Setting: name + "_file", Detail: fmt.Sprintf("Name the file that holds the secret, or its environment variable in %s_env.", name)}}
	case strings.ContainsAny(env, "= \t\r\n\x00/:"):
		return []Problem{{Setting: name + "_env", Detail: "Write the name of an environment variable, not the secret."}}
	}
	return nil
}

// ReadSecret reads a secret from a file, without the white space around it, or from an environment variable. It
// is "" where neither is given. The error names the setting, and holds nothing of the secret.
func ReadSecret(name, file, env string) (string, error) {
	switch {
	case file != "":
		f, err := os.Open(file)
		if err != nil {
			return "", fmt.Errorf("%s_file: %w; put the secret there, readable by the user that ruleids runs as", name, err)
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
		if err != nil {
			return "", fmt.Errorf("%s_file: %w", name, err)
		}
		s := strings.TrimSpace(string(text))
		if s == "" || len(text) > maxSecret || strings.ContainsAny(s, "\r\n\x00") {
			return "", fmt.Errorf("%s_file: %s does not hold one line of text; write the secret there and nothing else", name, file)
		}
		return s, nil
	case env != "":
		s := strings.TrimSpace(os.Getenv(env))
		if s == "" || strings.ContainsAny(s, "\r\n") {
			return "", fmt.Errorf("%s_env: the environment variable %s does not hold one line of text; set it for the service", name, env)
		}
		return s, nil
	}
	return "", nil
}

// maxError is the characters of an error that Redact lets through.
const maxError = 400

// hidden is what stands in place of a secret.
const hidden = "[secret]"

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
			text = strings.ReplaceAll(text, u.URL, hidden)
		}
	}
	text = oneLine(blot(text, secrets), maxError) // a server's words reach terminals
	out := error(&redacted{text: text, canceled: errors.Is(err, context.Canceled), late: errors.Is(err, context.DeadlineExceeded)})
	if isRetry {
		return &RetryError{After: retry.After, Err: out}
	}
	return out
}

// blot puts hidden in place of secrets.
func blot(text string, secrets []string) string {
	// The longest first: a part of a secret must not keep the whole from being found.
	for _, s := range slices.SortedFunc(slices.Values(secrets), func(a, b string) int { return len(b) - len(a) }) {
		if s == "" {
			continue
		}
		quoted := fmt.Sprintf("%q", s)
		for _, form := range []string{s, url.PathEscape(s), url.QueryEscape(s), url.UserPassword(s, "").String(), quoted[1 : len(quoted)-1]} {
			if form = strings.TrimSuffix(form, ":"); form != "" {
				text = strings.ReplaceAll(text, form, hidden)
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

func (e *redacted) Error() string { return e.text }

// Is reports whether the error is of a context.
func (e *redacted) Is(target error) bool {
	return e.canceled && target == context.Canceled || e.late && target == context.DeadlineExceeded
}

// readAddress reads an https address from a file or an environment variable.
func readAddress(name, file, env string) (string, error) {
	s, err := ReadSecret(name, file, env)
	if err != nil || s == "" {
		return s, err
	}
	if detail := checkURL(s); detail != "" {
		where := file
		if where == "" {
			where = "the environment variable " + env
		}
		return "", fmt.Errorf("%s: %s holds no good address. %s", name, where, detail)
	}
	return s, nil
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

// minPart is the length under which a part of an address is no secret by itself.
const minPart = 6

func isSeparator(r rune) bool { return strings.ContainsRune("/:@,;=&?-", r) }
