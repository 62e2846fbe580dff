package diag

import "testing"

func TestSuggestion(t *testing.T) {
	for detail, want := range map[string]string{
		`There is no list "frends".` + DidYouMean("frends", []string{"friends"}):  "friends",
		`There is no field "tcp.payload". Write payload.`:                         "payload",
		`There is no field "ipv6.src". Write ip.src; ip.* covers IPv6 too.`:       "ip.src",
		`There is no field "dns.qry.name.len". Write len(dns.qry.name).`:          "len(dns.qry.name)",
		`There is no field "ip.addr". Write ip.src == … or ip.dst == ….`:          "",
		`There is no field "ipv6.plen". Write ip.len - 40; ip.* covers IPv6 too.`: "",
		`The value needs quotes. Write them.`:                                     "",
	} {
		if got := Suggestion(detail); got != want {
			t.Errorf("%s: %q, want %q", detail, got, want)
		}
	}
}
