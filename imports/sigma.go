package imports

import (
	"errors"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A sigmaRule is a Sigma rule as read: https://sigmahq.io/sigma-specification/.
type sigmaRule struct {
	Title       string    `yaml:"title"`
	ID          string    `yaml:"id"`
	Status      string    `yaml:"status"`
	References  []string  `yaml:"references"`
	Tags        []string  `yaml:"tags"`
	Level       string    `yaml:"level"`
	Correlation yaml.Node `yaml:"correlation"`
	LogSource   struct {
		Category string `yaml:"category"`
		Product  string `yaml:"product"`
		Service  string `yaml:"service"`
	} `yaml:"logsource"`
	Detection map[string]yaml.Node `yaml:"detection"`
}

// Sigma reads a file of Sigma rules, one YAML document each, and adds what they say to the set.
func (s *Set) Sigma(f File) {
	documents(s, f, "sigma", "rule", func(r *sigmaRule, t *translation) bool {
		t.Title, t.ID = r.Title, oneLine(r.ID, 60)
		r.translate(t)
		return true
	})
}

func (r *sigmaRule) translate(t *translation) {
	switch r.Level {
	case "informational", "low":
		t.severity = "low"
	case "high", "critical":
		t.severity = r.Level
	}
	for i, tag := range r.Tags {
		r.Tags[i] = strings.ToUpper(strings.TrimPrefix(tag, "attack."))
	}
	t.cite(r.References, r.Tags)
	if !r.Correlation.IsZero() {
		t.reject("a correlation of other rules")
		return
	}
	key := r.LogSource.Category
	if r.LogSource.Service != "" && key == "" {
		key = r.LogSource.Product + "/" + r.LogSource.Service
	}
	source, ok := sigmaSources[key]
	if !ok || key != "dns_query" && r.LogSource.Category != "" && r.LogSource.Product == "windows" {
		t.reject("log source %s", oneLine(strings.Trim(r.LogSource.Product+"/"+r.LogSource.Category+"/"+r.LogSource.Service, "/"), 60))
		return
	}
	condition := r.Detection["condition"]
	if condition.Kind != yaml.ScalarNode {
		t.reject("no condition, or several")
		return
	}
	if _, ok := r.Detection["timeframe"]; ok {
		t.reject("a timeframe")
		return
	}
	reader := &sigmaReader{t: t, fields: source.fields}
	where, err := reader.where(r.Detection, condition.Value)
	if err == nil && bothSides(where) {
		// The status only narrows what the request says: most servers are asked long before one is found that answers so.
		reader.requests = true
		if where, err = reader.where(r.Detection, condition.Value); where == "" || bothSides(where) {
			err = errors.New(errSides)
		}
		t.lose("the status of the answer is not looked at: each request counts")
	}
	if err != nil {
		t.reject("%v", err)
		return
	}
	if where == "" {
		t.reject("no condition on what packets show")
		return
	}
	if source.layer == "dns" {
		if !strings.Contains(where, "dns.a") && !strings.Contains(where, "dns.cname") && !strings.Contains(where, "dns.txt") && !strings.Contains(where, "rcode") {
			t.and("not dns.flags.response")
		}
	}
	if source.where != "" {
		t.and("%s", source.where)
	} else if strings.Contains(where, "not (") {
		t.and("%s", source.layer) // a packet without the field would pass what is negated
	}
	if source.lost != "" {
		t.lose("%s", source.lost)
	}
	t.and("%s", where)
	t.by = []string{"ip.src", "ip.dst"}
}

// bothSides says whether a condition is on a request and on its response.
func bothSides(where string) bool {
	request := strings.Contains(where, "http.request.") || strings.Contains(where, "http.host") || strings.Contains(where, "http.user_agent")
	return request && strings.Contains(where, "http.response.")
}
