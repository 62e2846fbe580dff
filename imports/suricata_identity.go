package imports

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/internal/lazyregexp"
)

// classSeverity are severities by the priorities that classification.config gives to types.
var classSeverity = map[string]string{
	"trojan-activity": "high", "attempted-admin": "high", "attempted-user": "high", "web-application-attack": "high", "shellcode-detect": "high",
	"successful-admin": "high", "successful-user": "high", "command-and-control": "high", "exploit-kit": "high", "credential-theft": "high",
	"social-engineering": "medium", "domain-c2": "high", "targeted-activity": "high", "coin-mining": "medium", "external-ip-check": "low",
	"policy-violation": "low", "misc-activity": "low", "not-suspicious": "low", "network-scan": "low", "protocol-command-decode": "low", "unknown": "low", "pup-activity": "low",
}

var technique = lazyregexp.New(`^T[0-9]{4}(?:[._][0-9]{3})?$`)

// identity reads what a rule says of itself.
func (sig *signature) identity(t *translation) {
	said, priority := "", "" // by the metadata and by the rule's priority: the latter is stronger, and both are than the class
	for _, o := range sig.options {
		switch o.key {
		case "msg":
			t.Title = plainText(o.value)
		case "sid":
			t.ID = oneLine(o.value, 20)
			t.name = "sid_" + strings.TrimPrefix(identifier(t.ID), "rule_")
		case "classtype":
			t.category = identifier(o.value)
			if s := classSeverity[o.value]; s != "" {
				t.severity = s
			}
		case "reference":
			kind, to, _ := strings.Cut(o.value, ",")
			to = oneLine(to, 300)
			switch strings.ToLower(strings.TrimSpace(kind)) {
			case "url":
				to = "https://" + strings.TrimPrefix(strings.TrimPrefix(to, "https://"), "http://")
			case "cve":
				to = "https://nvd.nist.gov/vuln/detail/CVE-" + strings.TrimPrefix(strings.ToUpper(to), "CVE-")
			default:
				to = strings.TrimSpace(kind) + ":" + to
			}
			t.references = append(t.references, to)
		case "metadata":
			for item := range strings.SplitSeq(o.value, ",") {
				key, value, _ := strings.Cut(strings.TrimSpace(item), " ")
				switch key {
				case "mitre_technique_id":
					if technique.MatchString(value) && !slices.Contains(t.attack, strings.ReplaceAll(value, "_", ".")) {
						t.attack = append(t.attack, strings.ReplaceAll(value, "_", "."))
					}
				case "signature_severity":
					said = map[string]string{"Critical": "critical", "Major": "high", "Minor": "medium", "Informational": "low"}[value]
				}
			}
		case "priority":
			priority = map[string]string{"1": "high", "2": "medium", "3": "low", "4": "low"}[o.value]
		}
	}
	t.severity = cmp.Or(priority, said, t.severity)
}
