package diag

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/apparentlymart/go-textseg/v15/textseg"
	"github.com/hashicorp/hcl/v2"
	"golang.org/x/text/width"

	"github.com/ruleids/ruleids/internal/ansi"
	"github.com/ruleids/ruleids/internal/printable"
)

// WriteText writes findings for people: place, severity, code and what is wrong, then the line of the
// file with carets under the token. Sources holds the files by the names that findings use; a finding
// of a file that is not there is written without its line.
func WriteText(w io.Writer, findings []Finding, sources map[string]*hcl.File, color bool) error {
	var b bytes.Buffer
	for _, f := range findings {
		if f.File != "" {
			b.WriteString(ansi.Bold.Paint(fmt.Sprintf("%s:%d:%d:", printable.Text(f.File), f.Line, f.Column), color))
			b.WriteByte(' ')
		}
		hue := ansi.BoldRed
		if f.Severity == SeverityWarning {
			hue = ansi.BoldYellow
		}
		b.WriteString(hue.Paint(fmt.Sprintf("%s[%s]:", f.Severity, f.Code), color))
		b.WriteByte(' ')
		b.WriteString(ansi.Bold.Paint(sentence(printable.Lines(f.Summary)), color))
		if f.Detail != "" {
			b.WriteByte(' ')
			b.WriteString(printable.Lines(f.Detail))
		}
		b.WriteByte('\n')
		if line, ok := sourceLine(sources, f); ok {
			margin := fmt.Sprintf("%5d | ", f.Line)
			b.WriteString(ansi.Dim.Paint(margin, color) + line + "\n")
			before, carets := underline(line, f)
			b.WriteString(ansi.Dim.Paint(strings.Repeat(" ", len(margin)-2)+"| ", color) + before + hue.Paint(carets, color) + "\n")
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// sourceLine returns the line that a finding begins on, made safe to print.
func sourceLine(sources map[string]*hcl.File, f Finding) (string, bool) {
	file := sources[f.File]
	if file == nil || f.Line < 1 {
		return "", false
	}
	lines := bytes.Split(file.Bytes, []byte("\n"))
	if f.Line > len(lines) {
		return "", false
	}
	line := strings.TrimRight(string(lines[f.Line-1]), "\r")
	// A rule file from elsewhere must not send escape sequences to the terminal.
	line = strings.Map(func(r rune) rune {
		if r == '\t' || printable.Text(string(r)) == string(r) {
			return r
		}
		return '\ufffd'
	}, line)
	return line, strings.TrimSpace(line) != ""
}

// underline returns the space before a finding's token, and the carets under it. Tabs stay tabs, so
// that both lines up whatever their width; wide characters take two columns.
func underline(line string, f Finding) (before, carets string) {
	var pad, mark strings.Builder
	column := 1
	rest := []byte(line)
	for len(rest) > 0 {
		n, cluster, err := textseg.ScanGraphemeClusters(rest, true)
		if err != nil || n == 0 {
			break
		}
		inside := column >= f.Column && (f.EndLine > f.Line || column < f.EndColumn)
		switch {
		case column < f.Column && cluster[0] == '\t':
			pad.WriteByte('\t')
		case column < f.Column:
			pad.WriteString(strings.Repeat(" ", cells(cluster)))
		case inside:
			mark.WriteString(strings.Repeat("^", cells(cluster)))
		}
		rest = rest[n:]
		column++
	}
	if mark.Len() == 0 { // an empty token, or the end of the line
		mark.WriteByte('^')
	}
	return pad.String(), mark.String()
}

// cells counts the columns of a terminal that a character takes.
func cells(cluster []byte) int {
	p, _ := width.Lookup(cluster)
	if k := p.Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
		return 2
	}
	return 1
}
