package rules

import (
	"strings"
	"testing"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/lists"
)

// FuzzListFile reads any bytes as the file of a list of each type, with columns and without.
func FuzzListFile(f *testing.F) {
	f.Add("10.0.0.1,x,1\n# c\n\"10.0.0.0/8\",\"a, b\",2\r\n", uint8(0))
	f.Add("80,\"http\n\n1-9,x,y\n", uint8(1))
	f.Add("evil.example,a,1\n\"x\"y,b\n*.z,,\n", uint8(3))
	f.Add("\xef\xbb\xbfip,threat,score\n\xff,\x00,1e5\n", uint8(2))
	f.Fuzz(func(t *testing.T, text string, kind uint8) {
		typ := lists.Types()[int(kind)%len(lists.Types())]
		for _, columns := range []string{"", "columns = [\"ip\", \"threat\", \"score\"]"} {
			rs, diags := Load(Options{Sources: map[string][]byte{"l.csv": []byte(text), "a.hcl": []byte("list \"l\" {\n  type = \"" + typ + "\"\n  file = \"l.csv\"\n  " + columns + "\n}\n")}})
			for _, d := range diags {
				if s := d.Subject; s == nil || s.Start.Byte > s.End.Byte || s.End.Byte > len(text) && s.Filename == "l.csv" || s.Start.Line < 1 || s.Start.Column < 1 {
					t.Errorf("%v has the range %v", d, s)
				}
			}
			l := rs.Lists[0]
			if l.Set == nil || l.Columns == nil || diags.HasErrors() {
				continue
			}
			for _, row := range []int{l.RowOfAddr(packet.Addr{Lo: 0xffff_0a00_0001}), l.RowOfInt(80), l.RowOfText([]byte("evil.example"))} {
				for _, c := range l.Columns {
					if row < 0 {
						break
					}
					switch c.Kind() {
					case packet.KindInt:
						c.Int(row)
					case packet.KindFloat:
						c.Float(row)
					default:
						c.Text(row)
					}
				}
			}
		}
	})
}

// TestColumnKinds: a column is a number when all of its values are.
func TestColumnKinds(t *testing.T) {
	text := "10.0.0.1, 1, 1.5, x,\n10.0.0.2, -2, 3, 4, 5\n"
	rs, diags := Load(Options{Sources: map[string][]byte{"l.csv": []byte(text), "a.hcl": []byte("list \"l\" {\n  type = \"ip\"\n  file = \"l.csv\"\n  columns = [\"ip\", \"a\", \"b\", \"c\", \"d\"]\n}\n")}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var kinds []string
	for _, c := range rs.Lists[0].Columns {
		kinds = append(kinds, c.Kind().String())
	}
	if got := strings.Join(kinds, " "); got != "integer number string string" {
		t.Errorf("kinds: %s", got)
	}
	if _, diags := Load(Options{Sources: map[string][]byte{"l.csv": []byte("10.0.0.1,1\n\n  10.0.0.2\n"), "a.hcl": []byte("list \"l\" {\n  type = \"ip\"\n  file = \"l.csv\"\n  columns = [\"ip\", \"a\"]\n}\n")}}); diagText(diags) == "" || diags[0].Subject.Start.Line != 3 || diags[0].Subject.Start.Column != 3 {
		t.Errorf("a short row: %s", diagText(diags))
	}
}
