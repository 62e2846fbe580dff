package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestCaptureArgs(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"-r a", "a"},
		{"-r a b c", "a b c"},
		{"-r a b -r c d", "a b c d"},
		{"-ra -rb", "a b"},
		{"b -r a", "b a"},
		{"--read=a x --read b", "a x b"},
		{"-r a -- -b", "a -b"},
		{"-r - x", "- x"},
		{"-r a b.hcl", "error: b.hcl is a rule file, and a capture or an interface is expected here: repeat --rules for each file, or name their directory"},
		{"x", "error: name a capture with -r FILE"},
		{"", "error: name a capture with -r FILE"},
	} {
		var captures captureArgs
		var got string
		cmd := &cobra.Command{Use: "run", SilenceErrors: true, SilenceUsage: true, RunE: func(_ *cobra.Command, args []string) error {
			files, err := captures.files(args)
			got = strings.Join(files, " ")
			return err
		}}
		captures.add(cmd)
		cmd.Args = func(*cobra.Command, []string) error {
			if len(captures.names) == 0 {
				return misused("name a capture with -r FILE")
			}
			return nil
		}
		cmd.SetArgs(strings.Fields(c.line))
		if err := cmd.Execute(); err != nil {
			got = "error: " + err.Error()
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.line, got, c.want)
		}
	}
}

func TestChoice(t *testing.T) {
	c := oneOf("text", "json")
	if err := c.Set("xml"); err == nil || !strings.Contains(err.Error(), "text or json") || c.value != "text" {
		t.Errorf("Set(xml): %v, value %q", err, c.value)
	}
	for _, w := range c.words {
		if err := c.Set(w); err != nil || c.value != w {
			t.Errorf("Set(%s): %v, value %q", w, err, c.value)
		}
	}
	if !slices.Equal(c.words, []string{"text", "json"}) {
		t.Error(c.words)
	}
}
