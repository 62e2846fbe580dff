package alert

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
)

// row returns the cells of an alert by their column, as encoding/csv reads them.
func row(t *testing.T, a *Alert) map[string]string {
	t.Helper()
	text := string(NewCSV().Append(NewCSV().AppendHeader(nil), a))
	if strings.Count(text, "\r\n") != 2 || strings.Count(text, "\n") != 2 {
		t.Errorf("not two lines that end in CR LF:\n%q", text)
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	out := map[string]string{}
	for i, name := range rows[0] {
		if _, twice := out[name]; twice {
			t.Errorf("column %s is there twice", name)
		}
		out[name] = rows[1][i]
	}
	return out
}

func TestCSV(t *testing.T) {
	const header = "timestamp,rule,severity,category,description,src_ip,src_port,dest_ip,dest_port,proto,community_id,pcap_cnt,key,values,threshold," +
		"attack,message,responses,mode,suppressed,reputation_source,reputation_indicator,reputation_tier,references,agent,capture_loss,reputation_malicious,reputation_suspicious,reputation_engines,evidence\r\n"
	if got := string(NewCSV().AppendHeader(nil)); got != header {
		t.Errorf("header %q", got)
	}
	want := `2026-11-20T12:00:01.400000Z,port_scan,high,recon,One source tries many destination ports.,198.51.100.7,40000,192.0.2.10,1014,TCP,` +
		portScan().CommunityID() + `,15,"{""ip.src"":""198.51.100.7""}","{""ports"":15}",15,T1046,198.51.100.7 tried 15 ports in 10 s,` +
		`"[{""action"":""quarantine"",""target"":""198.51.100.7"",""seconds"":600},{""action"":""notify"",""to"":[""ops""]}]",enforce,,,,,,,,,,,` + "\r\n"
	if got := string(NewCSV().Append(nil, portScan())); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCSVCells(t *testing.T) {
	a := everything()
	a.CaptureLoss, a.Evidence = 12, "/e/x.pcapng"
	for name, want := range map[string]string{
		"timestamp": "1969-12-31T23:59:58.500000Z", "src_port": "", "proto": "IPv6-ICMP", "mode": "shadow", "suppressed": "7",
		"reputation_source": "virustotal", "reputation_indicator": "2001:db8::1", "reputation_tier": "medium", "reputation_malicious": "2", "reputation_suspicious": "0", "reputation_engines": "90", "threshold": "0.5",
		"references": "https://example.com/?a=1&b=<2>", "agent": "sensor-1", "capture_loss": "12", "evidence": "/e/x.pcapng", "src_ip": "2001:db8::1",
	} {
		if got := row(t, a)[name]; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	// The cells of JSON are those of the JSON form.
	var whole struct {
		Ruleids struct{ Key, Values, Responses json.RawMessage }
	}
	if err := json.Unmarshal(a.AppendJSON(nil), &whole); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]json.RawMessage{"key": whole.Ruleids.Key, "values": whole.Ruleids.Values, "responses": whole.Ruleids.Responses} {
		if got := row(t, a)[name]; got != string(want) {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	empty := row(t, &Alert{Rule: "r"})
	for _, name := range []string{"src_ip", "dest_ip", "src_port", "proto", "community_id", "pcap_cnt", "threshold", "reputation_tier"} {
		if empty[name] != "" {
			t.Errorf("%s of an alert without one: %q", name, empty[name])
		}
	}
}

func TestCSVHostile(t *testing.T) {
	for text, want := range map[string]string{
		`=cmd|' /C calc'!A0`: `'=cmd|' /C calc'!A0`, "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "＝1+1": "'＝1+1",
		"a\r\nb,\"c\"": `a\r\nb,"c"`, "\t=1": `\t=1`, "\x1b[31m": `\x1b[31m`, "\u202e": `\u202e`, "\xff": `\xff`, "ü": "ü", "": "",
	} {
		a := portScan()
		a.Message = text
		got := row(t, a)["message"]
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if i := strings.IndexFunc(got, unicode.IsControl); i >= 0 {
			t.Errorf("control character in %q", got)
		}
	}
}

func TestSummary(t *testing.T) {
	for want, a := range map[string]*Alert{
		"port_scan: One source tries many destination ports. 198.51.100.7 -> 192.0.2.10:1014  ports=15/15  [quarantine 198.51.100.7 10m, notify ops]": portScan(),
		"arp_spoof: 10.0.0.1 -> 10.0.0.2 arp  macs=1": arpSpoof(),
		"r: -": {Rule: "r"},
	} {
		if got := string(a.AppendSummary([]byte("x"))); got != "x"+want {
			t.Errorf("got  %s\nwant x%s", got, want)
		}
	}
	a := portScan()
	a.Rule, a.Description = "r\n", "a\x1b[0m\x00"
	if got := string(a.AppendSummary(nil)); strings.IndexFunc(got, unicode.IsControl) >= 0 {
		t.Errorf("control character in %q", got)
	}
}

func TestCSVColumns(t *testing.T) {
	c, err := NewCSVColumns([]string{"rule as alert type", "src_ip", "timestamp as time"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(c.Append(c.AppendHeader(nil), portScan())), "alert type,src_ip,time\r\nport_scan,198.51.100.7,2026-11-20T12:00:01.400000Z\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, wrong := range []string{"source", "rule as ", "rule as a,b", "rule as a\nb"} {
		if _, err := NewCSVColumns([]string{wrong}); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}
