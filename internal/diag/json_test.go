package diag

import (
	"bytes"
	"testing"
)

// The line is that of the contract, key by key.
func TestWriteJSON(t *testing.T) {
	findings := []Finding{
		{"unknown-field", "error", "Unknown field", `There is no field "tcp.dport". Did you mean "tcp.dstport"?`, "a.hcl", 6, 12, 6, 21},
		{Code: "x", Severity: "warning", Detail: "a < b && c"},
	}
	want := `{"code":"unknown-field","severity":"error","summary":"Unknown field","detail":"There is no field \"tcp.dport\". Did you mean \"tcp.dstport\"?","file":"a.hcl","line":6,"column":12,"end_line":6,"end_column":21}
{"code":"x","severity":"warning","summary":"","detail":"a < b && c","file":"","line":0,"column":0,"end_line":0,"end_column":0}
`
	var b bytes.Buffer
	if err := WriteJSON(&b, findings); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
}
