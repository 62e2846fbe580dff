package imports

import (
	"bytes"
	"fmt"
	"strings"
)

// A signature is a Suricata rule as read: https://docs.suricata.io/en/latest/rules/intro.html.
type signature struct {
	action, proto            string
	src, srcPorts, dir       string
	dst, dstPorts            string
	options                  []option
	established, toServer    bool
	toClient, notEstablished bool
}

// An option is a keyword with its value, quotes and escapes kept.
type option struct{ key, value string }

// Suricata reads a rule file and adds what it says to the set. It never fails: what cannot be read is left out with its reason.
func (s *Set) Suricata(f File) {
	s.Format = "suricata"
	var joined []byte
	from := 0
	for n, line := range bytes.Split(f.Data, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(joined) == 0 {
			from = n + 1
		}
		if rest, ok := bytes.CutSuffix(line, []byte("\\")); ok {
			joined = append(append(joined, rest...), ' ')
			continue
		}
		joined = append(joined, line...)
		text := string(bytes.TrimSpace(joined))
		joined = nil
		if off, ok := strings.CutPrefix(text, "#"); ok {
			if word, _, _ := strings.Cut(strings.TrimLeft(off, "# "), " "); actions[word] && strings.HasSuffix(off, ")") {
				s.Off++
			}
			continue
		}
		if text == "" {
			continue
		}
		t := &translation{Source: Source{File: f.Name, Line: from}, severity: "medium", name: fmt.Sprintf("line_%d", from)}
		sig, err := readSignature(text)
		if err != nil {
			t.reject("not a rule: %v", err)
		} else {
			sig.translate(t)
		}
		s.add(t)
	}
}

var actions = map[string]bool{"alert": true, "drop": true, "reject": true, "rejectsrc": true, "rejectdst": true, "rejectboth": true, "pass": true}

// readSignature splits a rule into its header and options.
func readSignature(text string) (*signature, error) {
	head, body, ok := strings.Cut(text, "(")
	body, closed := strings.CutSuffix(strings.TrimSpace(body), ")")
	if !ok || !closed {
		return nil, fmt.Errorf("no options in brackets")
	}
	words := headerWords(head)
	if len(words) != 7 {
		return nil, fmt.Errorf("a header of %d words, want 7", len(words))
	}
	sig := &signature{action: words[0], proto: words[1], src: words[2], srcPorts: words[3], dir: words[4], dst: words[5], dstPorts: words[6]}
	quoted, start := false, 0
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case ';':
			if !quoted {
				sig.option(body[start:i])
				start = i + 1
			}
		}
	}
	sig.option(body[start:])
	return sig, nil
}

func (sig *signature) option(text string) {
	key, value, _ := strings.Cut(text, ":")
	if key = strings.TrimSpace(key); key != "" {
		sig.options = append(sig.options, option{strings.ToLower(key), strings.TrimSpace(value)})
	}
}

// headerWords splits at blanks outside of brackets.
func headerWords(text string) []string {
	var out []string
	var word strings.Builder
	depth := 0
	for _, c := range text + " " {
		switch {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case (c == ' ' || c == '\t') && depth > 0:
			continue
		case c == ' ' || c == '\t':
			if word.Len() > 0 {
				out = append(out, word.String())
				word.Reset()
			}
			continue
		}
		word.WriteRune(c)
	}
	if word.Len() > 0 {
		out = append(out, word.String()) // a bracket that is not closed
	}
	return out
}

// unquote takes off the quotes of an option's value and its negation.
func unquote(value string) (text string, negated bool) {
	value = strings.TrimSpace(value)
	value, negated = strings.CutPrefix(value, "!")
	value = strings.TrimSpace(value)
	if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
		value = value[1 : len(value)-1]
	}
	return value, negated
}

// plainText takes the backslashes from a quoted text such as a msg.
func plainText(value string) string {
	text, _ := unquote(value)
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\;`, `;`, `\:`, `:`).Replace(text)
}

// contentBytes reads the text of a content: bytes in hex stand between bars, and a backslash takes the meaning from what follows.
func contentBytes(text string) ([]byte, error) {
	var out []byte
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			if i++; i == len(text) {
				return nil, fmt.Errorf("a backslash at the end")
			}
			out = append(out, text[i])
		case '|':
			end := strings.IndexByte(text[i+1:], '|')
			if end < 0 {
				return nil, fmt.Errorf("a bar that is not closed")
			}
			hex := strings.Join(strings.Fields(text[i+1:i+1+end]), "")
			if len(hex)%2 != 0 {
				return nil, fmt.Errorf("half a byte in hex")
			}
			for j := 0; j < len(hex); j += 2 {
				var b byte
				if _, err := fmt.Sscanf(hex[j:j+2], "%02x", &b); err != nil {
					return nil, fmt.Errorf("%q is no byte in hex", hex[j:j+2])
				}
				out = append(out, b)
			}
			i += end + 1
		default:
			out = append(out, text[i])
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("nothing to look for")
	}
	return out, nil
}
