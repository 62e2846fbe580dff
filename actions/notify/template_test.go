package notify

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

func TestTemplateErrors(t *testing.T) {
	for text, want := range map[string]string{
		"{{.Count":                          "unclosed action",
		"{{.Sevrity}}":                      "can't evaluate field Sevrity",
		"{{index .Keys 0}}":                 "index out of range", // there may be none
		"{{.Alert.Nothing}}":                "can't evaluate field Nothing",
		"{{shout .Rule}}":                   `function "shout" not defined`,
		"{{range 100000}}0123456789{{end}}": "too long",
	} {
		for _, name := range []string{"title", "template"} {
			ps := settingtest.ReadBody(t, name+" = "+strconv.Quote(text), setting.New[Common]())
			if len(ps) != 1 || ps[0].Setting != name || !strings.Contains(ps[0].Detail, want) {
				t.Errorf("%s: %v", text, ps)
			}
		}
	}
}

func TestTemplates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(func(c *Common) {
			c.Title = parsed(t, "{{.Rule}}\n{{.Text}}")
			c.Template = parsed(t, `{{lower .Severity}} {{.Alert.Description}} {{join .Keys "+"}} {{clock .First}} {{.Notifier}} {{.Text}}`)
		})
		ns, _ := start(t, f)
		a := event("r", "a\r\n\x1b[2Jb\u202e")
		ns.Send(a)
		synctest.Wait()
		m := f.messages()[0]
		if m.Title != `r a \x1b[2Jb\u202e did it` {
			t.Errorf("title %q", m.Title)
		}
		if want := "high Something. ip.src=a \\x1b[2Jb\\u202e 2000-01-01 00:00:00 UTC ops a"; !strings.HasPrefix(m.Text, want) || strings.ContainsAny(m.Text, "\r\x1b\u202e") {
			t.Errorf("text %q", m.Text)
		}
		finish(t, ns)
	})
}

// A template that fails on an alert that no sample is like loses nothing.
func TestTemplateFailsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(func(c *Common) { c.Template = parsed(t, `{{if eq .Rule "odd"}}{{index .Keys 9}}{{end}}`) })
		ns, _ := start(t, f)
		ns.Send(event("odd", "a"))
		synctest.Wait()
		if got := f.messages(); len(got) != 1 || !strings.HasPrefix(got[0].Text, "a did it\n") {
			t.Errorf("%+v", got)
		}
		if s := ns.Status()[0]; s.Errors != 1 || !strings.HasPrefix(s.LastError, "template: ") || s.Delivered != 1 {
			t.Errorf("%+v", s)
		}
		finish(t, ns)
	})
}

func TestTextIsBounded(t *testing.T) {
	if got := lines(strings.Repeat("é", maxText+1), maxText); len([]rune(got)) != maxText || !strings.HasSuffix(got, "é…") {
		t.Errorf("%d characters", len([]rune(got)))
	}
	if got := oneLine(" a\n\tb  c ", 10); got != "a b c" {
		t.Errorf("%q", got)
	}
}

// parsed returns a template of the settings.
func parsed(t *testing.T, text string) (out Template) {
	t.Helper()
	if err := out.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return out
}
