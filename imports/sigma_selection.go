package imports

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A sigmaReader translates selections. A condition that always holds is "".
type sigmaReader struct {
	t        *translation
	fields   map[string]sigmaField
	requests bool // the status of responses is not looked at
	dropped  bool // one was not looked at
}

// where translates the selections of a rule and the condition on them.
func (r *sigmaReader) where(detection map[string]yaml.Node, condition string) (string, error) {
	selections, wider := map[string]string{}, map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(detection)) {
		if name == "condition" {
			continue
		}
		node := detection[name]
		r.dropped = false
		text, err := r.selection(&node)
		if err != nil {
			// What no condition asks for would not matter; each is asked for in practice.
			return "", err
		}
		selections[name], wider[name] = text, r.dropped
	}
	return sigmaCondition(condition, selections, wider)
}

// selection translates a map of fields, which all hold, or a list of maps or of words, of which one does.
func (r *sigmaReader) selection(node *yaml.Node) (string, error) {
	switch node.Kind {
	case yaml.SequenceNode:
		if !slices.ContainsFunc(node.Content, func(n *yaml.Node) bool { return n.Kind != yaml.ScalarNode }) {
			return r.words(node.Content, " or ")
		}
		var any []string
		for _, n := range node.Content {
			c, err := r.selection(n)
			if err != nil {
				return "", err
			}
			any = append(any, c)
		}
		return join(any, " or "), nil
	case yaml.MappingNode:
		var all []string
		for i := 0; i+1 < len(node.Content); i += 2 {
			c, err := r.item(node.Content[i].Value, node.Content[i+1])
			if err != nil {
				return "", err
			}
			all = append(all, c)
		}
		return join(all, " and "), nil
	case yaml.ScalarNode:
		return r.words([]*yaml.Node{node}, " or ")
	}
	return "", fmt.Errorf("a selection that cannot be read")
}

// words translates words that a line of a web server's log has: of what is in it, the URI and the client are in a request.
func (r *sigmaReader) words(nodes []*yaml.Node, op string) (string, error) {
	if _, ok := r.fields["cs-user-agent"]; !ok {
		return "", fmt.Errorf("keywords without a field")
	}
	fields := []string{"http.request.uri", "http.user_agent"}
	conds := make([][]string, len(fields)) // by field, by word
	for _, n := range nodes {
		if n.Kind != yaml.ScalarNode || n.Value == "" {
			return "", fmt.Errorf("keywords without a field")
		}
		for i, field := range fields {
			c, err := sigmaValue(sigmaField{field: field, kind: "part"}, "contains", n.Value, false, false)
			if err != nil {
				return "", err
			}
			conds[i] = append(conds[i], c)
		}
	}
	r.t.lose("words of a line of a log are looked for in the URI and the user agent")
	var all []string
	if op == " or " {
		for _, cs := range conds {
			all = append(all, sigmaMerge(cs, op)...)
		}
		return join(all, op), nil
	}
	for i := range nodes {
		all = append(all, join([]string{conds[0][i], conds[1][i]}, " or "))
	}
	return join(all, op), nil
}

// join joins conditions, each in brackets where it has parts of its own. "" always holds.
func join(conds []string, op string) string {
	if op == " or " && slices.Contains(conds, "") {
		return ""
	}
	conds = slices.DeleteFunc(slices.Clone(conds), func(c string) bool { return c == "" })
	if len(conds) == 0 {
		return ""
	}
	if len(conds) == 1 {
		return conds[0]
	}
	out := make([]string, len(conds))
	for i, c := range conds {
		out[i] = c
		if loosely(c) || op == " or " && outside(c, " and ") {
			out[i] = "(" + c + ")"
		}
	}
	return strings.Join(out, op)
}

// item translates field|modifiers: values.
func (r *sigmaReader) item(key string, node *yaml.Node) (string, error) {
	parts := strings.Split(key, "|")
	f, ok := r.fields[parts[0]]
	if !ok && parts[0] != "" {
		return "", fmt.Errorf("field %s", oneLine(parts[0], 40))
	}
	if r.requests && f.field == "http.response.code" {
		r.dropped = true
		return "", nil
	}
	if f.lost != "" {
		r.t.lose("%s", f.lost)
	}
	nodes := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		nodes = node.Content
	}
	op, op2, cased := "", " or ", false
	for _, m := range parts[1:] {
		switch m {
		case "contains", "startswith", "endswith", "re", "cidr", "lt", "lte", "gt", "gte":
			op = m
		case "all":
			op2 = " and "
		case "cased":
			cased = true
		case "i":
		default:
			return "", fmt.Errorf("modifier %s", oneLine(m, 30))
		}
	}
	if parts[0] == "" {
		return r.words(nodes, op2)
	}
	insensitive := slices.Contains(parts[1:], "i")
	var conds []string
	for _, n := range nodes {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
			return "", fmt.Errorf("an empty value, or one that is no scalar")
		}
		c, err := sigmaValue(f, op, n.Value, cased, insensitive)
		if err != nil {
			return "", err
		}
		conds = append(conds, c)
	}
	if len(conds) == 0 {
		return "", fmt.Errorf("a field without a value")
	}
	return join(sigmaMerge(conds, op2), op2), nil
}

// sigmaMerge makes one condition of those that differ in the text on their right alone, where one of them is to hold.
func sigmaMerge(conds []string, op string) []string {
	if op != " or " || len(conds) < 2 {
		return conds
	}
	var head string
	var texts []string
	for _, c := range conds {
		i := strings.Index(c, " '")
		if i < 0 || !strings.HasSuffix(c, "'") || strings.HasSuffix(c[:i], "matches") || head != "" && c[:i] != head || strings.Contains(c, " and ") || strings.Contains(c, " or ") {
			return conds
		}
		head = c[:i]
		texts = append(texts, c[i+1:])
	}
	if h, ok := strings.CutSuffix(head, " =="); ok {
		head = h + " in"
	}
	return []string{head + " [" + strings.Join(texts, ", ") + "]"}
}
