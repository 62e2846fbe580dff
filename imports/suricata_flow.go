package imports

import (
	"fmt"
	"strconv"
	"strings"
)

func (sig *signature) flow(t *translation, value string) {
	for w := range strings.SplitSeq(value, ",") {
		switch w = strings.TrimSpace(w); w {
		case "established":
			sig.established = true
		case "not_established":
			sig.notEstablished = true
		case "to_server", "from_client":
			sig.toServer = true
		case "to_client", "from_server":
			sig.toClient = true
		case "stateless", "only_stream", "no_stream", "":
		default:
			t.reject("flow:%s", oneLine(w, 30))
		}
	}
}

// threshold translates how often a rule alerts. Suricata counts in periods that begin with a match; a window slides.
func (sig *signature) threshold(t *translation, o option) {
	values := map[string]string{}
	for part := range strings.SplitSeq(o.value, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), " ")
		values[k] = strings.TrimSpace(v)
	}
	count, err1 := strconv.Atoi(values["count"])
	seconds, err2 := strconv.Atoi(values["seconds"])
	by, ok := map[string][]string{"by_src": {"ip.src"}, "by_dst": {"ip.dst"}, "by_both": {"ip.src", "ip.dst"}, "by_rule": nil}[values["track"]]
	if err1 != nil || err2 != nil || count < 1 || seconds < 1 || !ok {
		t.reject("%s that cannot be read", o.key)
		return
	}
	t.by = by
	t.cooldown = fmt.Sprintf("%ds", seconds)
	kind := values["type"]
	if o.key == "detection_filter" {
		kind = o.key
	}
	switch kind {
	case "limit":
		if count > 1 {
			t.lose("one alert in the time of a limit, not several")
		}
		return
	case "both":
		t.lose("a period that slides")
	case "threshold":
		t.lose("a period that slides, and one alert in it")
	case "detection_filter":
		t.lose("a period that slides, and one alert in it")
		count++
	default:
		t.reject("threshold of type %s", oneLine(kind, 20))
		return
	}
	if count == 1 {
		return
	}
	if seconds > 7*24*3600 {
		t.reject("a threshold over more than a week")
	}
	t.span, t.aggregates, t.threshold, t.when = t.cooldown, []pair{{"n", "count()"}}, count, "n >= threshold"
}
