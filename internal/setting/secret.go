package setting

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"reflect"
	"strings"
)

// Mask stands in place of a secret wherever one would be printed.
const Mask = "[secret]"

// A Secret is text that nothing prints: package fmt, logs, JSON and config show write Mask.
type Secret string

// Reveal returns the secret, to be used.
func (s Secret) Reveal() string { return string(s) }

// String returns Mask, or "" where there is no secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return Mask
}

// Format implements fmt.Formatter, for every verb alike.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Source is where a secret is: a setting "token" of this type is the attributes token_file and token_env, and with
// the option "inline" token, too. At most one of them may be given, and with the option "required" one must. A
// default is that of the environment variable, which counts where no other is given.
type Source struct {
	Value Secret
	File  string
	Env   EnvName
}

// An EnvName is the name of an environment variable.
type EnvName string

// UnmarshalText implements encoding.TextUnmarshaler. The error does not repeat the text, which may be the secret.
func (e *EnvName) UnmarshalText(text []byte) error {
	if strings.ContainsAny(string(text), "= \t\r\n\x00/:") {
		return errors.New("write the name of an environment variable, not the secret")
	}
	*e = EnvName(text)
	return nil
}

// fields returns the attributes of a source.
func (s *Source) fields(f Field, inline bool) []Field {
	v := reflect.ValueOf(s).Elem()
	value, file, env := Field{Name: f.Name, value: v.Field(0), inSource: true}, Field{Name: f.Name + "_file", Doc: f.Doc, value: v.Field(1), path: true, secretFile: true}, f
	env.Name, env.value, env.source, env.needed, env.Required = f.Name+"_env", v.Field(2), s, f.Required, false
	if inline {
		return []Field{value, file, env}
	}
	return []Field{file, env}
}

// check returns what is wrong with a source, whose field of the environment variable is env.
func (s *Source) check(env Field, places map[string]Place) []Problem {
	name := strings.TrimSuffix(env.Name, "_env")
	fallback := env.hasDefault()
	switch {
	case places[name].Faulty || places[name+"_file"].Faulty || places[env.Name].Faulty:
	case !s.IsSet() && env.needed:
		return []Problem{{name + "_file", fmt.Sprintf("Name the file that holds the secret, or its environment variable in %s_env.", name)}}
	case s.Value != "" && (s.File != "" || s.Env != "" && !fallback):
		return []Problem{{name, fmt.Sprintf("Only one of %s, %[1]s_file and %[1]s_env can hold it; leave out the others.", name)}}
	case s.File != "" && s.Env != "" && !fallback:
		return []Problem{{name + "_env", fmt.Sprintf("Only one of %s_file and %[1]s_env can hold the secret; leave one out.", name)}}
	}
	return nil
}

// IsSet reports whether the source names a secret.
func (s *Source) IsSet() bool { return s.Value != "" || s.File != "" || s.Env != "" }

// maxSecret is more than the longest address or token of any service.
const maxSecret = 64 << 10

// Read reads the secret, without the white space around it; "" where the source names none. name is the setting's, which
// the error names. It holds nothing of the secret.
func (s *Source) Read(name string) (Secret, error) {
	switch {
	case s.Value != "":
		return s.Value, nil
	case s.File != "":
		f, err := os.Open(s.File)
		if err != nil {
			return "", fmt.Errorf("%s_file: %w; put the secret there, readable by the user that ruleids runs as", name, err)
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
		if err != nil {
			return "", fmt.Errorf("%s_file: %w", name, err)
		}
		line := strings.TrimSpace(string(text))
		if line == "" || len(text) > maxSecret || strings.ContainsAny(line, "\r\n\x00") {
			return "", fmt.Errorf("%s_file: %s does not hold one line of text; write the secret there and nothing else", name, s.File)
		}
		return Secret(line), nil
	case s.Env != "":
		line := strings.TrimSpace(os.Getenv(string(s.Env)))
		if line == "" || strings.ContainsAny(line, "\r\n") {
			return "", fmt.Errorf("%s_env: the environment variable %s does not hold one line of text; set it for the service", name, s.Env)
		}
		return Secret(line), nil
	}
	return "", nil
}
