package alert

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/packet"
)

func TestAssets(t *testing.T) {
	web := Asset{Name: "web", MAC: "00:16:3e:00:00:14", Vendor: "Dell Inc.", System: "Debian 12"}
	for _, c := range []struct {
		name       string
		assets     *Assets
		json, text string
	}{
		{"neither", nil, "", ""},
		{"empty", &Assets{}, "", ""},
		{"source", &Assets{Src: web}, `"assets":{"src":{"name":"web","mac":"00:16:3e:00:00:14","vendor":"Dell Inc.","system":"Debian 12"}}`, "src is web (Dell Inc., Debian 12)"},
		{"destination", &Assets{Dst: Asset{MAC: web.MAC, Vendor: web.Vendor}}, `"assets":{"dst":{"mac":"00:16:3e:00:00:14","vendor":"Dell Inc."}}`, "dst is 00:16:3e:00:00:14 (Dell Inc.)"},
		{"made up", &Assets{Dst: Asset{MAC: "02:00:00:00:01:20", Vendor: "locally administered"}}, `"assets":{"dst":{"mac":"02:00:00:00:01:20","vendor":"locally administered"}}`, ""},
		{"both", &Assets{Src: Asset{Name: "a"}, Dst: Asset{System: "Windows"}}, `"assets":{"src":{"name":"a"},"dst":{"system":"Windows"}}`, "src is a, dst is Windows"},
		{"hostile", &Assets{Src: Asset{Name: "\"\x1b[31m"}}, `"assets":{"src":{"name":"\"\\x1b[31m"}}`, `src is "\x1b[31m`},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &Alert{Rule: "r", Layers: packet.LayerFrame | packet.LayerIP, IPVersion: 4, IPProto: 6, Src: packet.AddrFrom4([4]byte{10, 0, 0, 1}), Dst: packet.AddrFrom4([4]byte{10, 0, 0, 2}), Assets: c.assets}
			data := a.AppendJSON(nil)
			if c.json == "" == strings.Contains(string(data), "assets") || !strings.Contains(string(data), c.json) {
				t.Errorf("JSON is %s, want %s", data, c.json)
			}
			if text := string(a.AppendText(nil, false)); c.text == "" == strings.Contains(text, " is ") || !strings.Contains(text, c.text) {
				t.Errorf("text is %q, want %q", text, c.text)
			}
			var back Alert
			if err := json.Unmarshal(data, &back); err != nil {
				t.Fatal(err)
			}
			if again := back.AppendJSON(nil); c.name != "hostile" && string(again) != string(data) {
				t.Errorf("read and written again it is %s, want %s", again, data)
			}
			if c.json != "" && c.name != "hostile" && !cmp.Equal(back.Assets, c.assets) {
				t.Errorf("read back it is %+v", back.Assets)
			}
		})
	}
}
