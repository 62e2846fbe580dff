package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// A build says what this binary was made from.
type build struct {
	Version  string `json:"version"`            // the module's version, "(devel)" where it was not known
	Revision string `json:"revision,omitempty"` // of version control
	Time     string `json:"time,omitempty"`     // of the revision, RFC 3339
	Modified bool   `json:"modified"`           // built from a tree with changes on top of the revision
	Go       string `json:"go"`
	Platform string `json:"platform"` // operating system/architecture
}

func currentBuild() build {
	b := build{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// date is the time of the revision; the zero time where it is not known.
func (b build) date() time.Time {
	t, err := time.Parse(time.RFC3339, b.Time)
	if err != nil {
		return time.Time{}
	}
	return t
}

func (b build) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "ruleids %s (%s, %s", b.Version, b.Go, b.Platform)
	if b.Revision != "" {
		fmt.Fprintf(&s, ", revision %.12s", b.Revision)
		if b.Time != "" {
			fmt.Fprintf(&s, " of %s", b.Time)
		}
		if b.Modified {
			s.WriteString(" with changes")
		}
	}
	s.WriteByte(')')
	return s.String()
}

func newVersionCmd(a *app) *cobra.Command {
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, the revision it was built from, and the Go version",
		RunE: func(*cobra.Command, []string) error {
			b := currentBuild()
			if format.value == "json" {
				return json.NewEncoder(a.out).Encode(b)
			}
			_, err := fmt.Fprintln(a.out, b)
			return err
		},
	}
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	return cmd
}
