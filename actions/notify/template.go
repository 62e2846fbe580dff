package notify

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/internal/scale"
)

// The templates that are used where the settings give none; docs/notifications.md shows them.
const (
	builtinTitle = `[{{upper .Severity}}] {{.Rule}}{{if gt .Count 1}}: {{.Count}} alerts{{end}}{{with .Agent}} on {{.}}{{end}}`
	builtinText  = `{{.Text}}{{if gt .Count 1}}
{{.Count}} alerts from {{clock .First}} to {{clock .Last}}{{else}}
{{clock .First}}{{end}}{{with .Keys}}
{{join . ", "}}{{end}}{{if .MoreKeys}} and {{.MoreKeys}} more{{end}}`
)

const (
	maxTitle = 250      // characters; a subject or heading that is longer is cut by every service
	maxText  = 4000     // characters; the least that the services take is 1,900 to 4,096, and they split or cut
	maxMade  = 64 << 10 // bytes that a template may make before it is stopped
)

var errTooLong = errors.New("the text is too long")

// parseTemplate reads a template and tries it on samples.
func parseTemplate(text string) (*template.Template, error) {
	t, err := template.New("template").Option("missingkey=error").Funcs(template.FuncMap{
		"upper": strings.ToUpper,
		"lower": strings.ToLower,
		"join":  func(list []string, between string) string { return strings.Join(list, between) },
		"clock": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	}).Parse(text)
	if err != nil {
		return nil, err
	}
	for _, m := range samples() {
		if _, err := fill(t, m); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// samples are messages that a template is tried on: a lone alert with as little as there can be, and a group.
func samples() []*Message {
	at := time.Date(2026, 11, 20, 12, 0, 1, 0, time.UTC)
	a := &alert.Alert{Time: at.UnixNano(), Rule: "port_scan", Severity: scale.SeverityHigh}
	lone := &Message{Notifier: "ops", Agent: "sensor", Rule: "port_scan", Severity: scale.SeverityHigh, Text: "A port scan.", First: at, Last: at, Count: 1, Alert: a}
	group := *lone
	group.Count, group.Keys, group.MoreKeys, group.Last = 3, []string{"ip.src=198.51.100.7"}, 1, at.Add(time.Second)
	return []*Message{lone, &group}
}

// A view is a message as templates see it: severities are words, which templates compare with words.
type view struct {
	*Message
	Severity string
	Alert    *alertView // nil without an alert
}

type alertView struct {
	*alert.Alert
	Severity string
}

func newView(m *Message) *view {
	v := &view{Message: m, Severity: m.Severity.String()}
	if m.Alert != nil {
		v.Alert = &alertView{m.Alert, m.Alert.Severity.String()}
	}
	return v
}

// fill runs a template.
func fill(t *template.Template, m *Message) (string, error) {
	var w bounded
	if err := t.Execute(&w, newView(m)); err != nil {
		return "", err
	}
	return w.String(), nil
}

// A bounded writer stops a template that does not end.
type bounded struct{ strings.Builder }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxMade {
		return 0, fmt.Errorf("%w: a message has at most %d bytes", errTooLong, maxMade)
	}
	return b.Builder.Write(p)
}

// oneLine returns text as one safe line, cut to a number of characters. What attackers write into names and fields
// must not become another line of a header or of a message.
func oneLine(s string, most int) string { return cut(printable.Line(s), most) }

// lines returns text as safe lines, cut to a number of characters.
func lines(s string, most int) string { return cut(strings.TrimSpace(printable.Lines(s)), most) }

func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
