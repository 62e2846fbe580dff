package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/internal/place"
	"github.com/ruleids/ruleids/rules"
)

// A flagSetting is a flag that stands for a setting; value is what help shows in place of its value.
type flagSetting struct{ flag, short, setting, value string }

// complete returns what offers values of the flag.
func (f flagSetting) complete() cobra.CompletionFunc {
	switch {
	case f.setting == "capture.interfaces":
		return completeInterfaces
	case f.value == "":
		return completeWords([]string{"true", "false"})
	case f.setting == "control.socket", f.setting == evidenceDir, f.setting == "server.data", f.setting == "fleet.directory":
		return nil // a file
	case strings.Contains(f.value, "|"):
		return completeWords(strings.Split(f.value, "|"))
	}
	return cobra.NoFileCompletions
}

// flagSettings are the flags that stand for settings of the daemon.
var flagSettings = []flagSetting{
	{"interface", "i", "capture.interfaces", "IFACE"},
	{"snaplen", "", "capture.snaplen", "BYTES"},
	{"ring", "", "capture.ring", "SIZE"},
	{"promiscuous", "", "capture.promiscuous", ""},
	{"ignore", "", "capture.ignore", "CIDR"},
	{"checksums", "", "capture.checksums", "auto|on|off"},
	{"poll", "", "rules.poll", "DURATION"},
	{"socket", "", "control.socket", "PATH"},
	{"metrics", "", "metrics.listen", "HOST:PORT"},
	{"log-format", "", "log.format", "text|json"},
	{"log-level", "", "log.level", "debug|info|warn|error"},
	{"user", "", "user", "NAME"},
	{"agent", "", "agent", "NAME"},
	{"evidence", "", "evidence.dir", "DIR"},
	{"fleet", "", "fleet.directory", "DIR"},
	{"data", "", "server.data", "DIR"},
	{"listen", "", "server.listen", "HOST:PORT"},
	{"agents", "", "server.agents", "HOST:PORT"},
	{"redirect", "", "server.redirect", "HOST:PORT"},
}

// settingsByName are all settings with their defaults. Many commands declare flags, and the settings are the same for all.
var settingsByName = sync.OnceValue(func() map[string]config.Setting {
	out := map[string]config.Setting{}
	for _, s := range config.Settings() {
		out[s.Name] = s
	}
	return out
})

// evidenceDir is the setting that captures have too.
const evidenceDir = "evidence.dir"

// ofServer reports whether a setting is one of ruleids server.
func ofServer(setting string) bool { return strings.HasPrefix(setting, "server.") }

// settingFlags are flags that stand for settings. The settings say what they mean and what values they take.
type settingFlags struct {
	flags  *pflag.FlagSet
	values map[string]*settingValue // by setting
}

// A settingValue is the value of such a flag, not yet looked at.
type settingValue struct {
	words []string
	list  bool
	typ   string
}

// String implements pflag.Value.
func (v *settingValue) String() string { return "" }

// Type implements pflag.Value.
func (v *settingValue) Type() string { return v.typ }

// Set implements pflag.Value.
func (v *settingValue) Set(s string) error {
	if !v.list {
		v.words = nil
	}
	v.words = append(v.words, s)
	return nil
}

// add declares the flags of the named settings, or of all that have one, but for those of ruleids server.
func (f *settingFlags) add(cmd *cobra.Command, names ...string) {
	f.flags = cmd.Flags()
	f.values = map[string]*settingValue{}
	for _, row := range flagSettings {
		if len(names) > 0 && !slices.Contains(names, row.setting) || len(names) == 0 && ofServer(row.setting) {
			continue
		}
		s := settingsByName()[row.setting]
		v := &settingValue{list: s.IsList(), typ: row.value}
		usage := lowerFirst(s.Doc)
		if v.list {
			usage += " (repeatable)"
		} else if s.String() != `""` {
			usage += " (default " + s.String() + ")"
		}
		flag := cmd.Flags().VarPF(v, row.flag, row.short, usage)
		if row.value == "" {
			flag.NoOptDefVal = "true"
		}
		f.values[row.setting] = v
		if complete := row.complete(); complete != nil {
			_ = cmd.RegisterFlagCompletionFunc(row.flag, complete)
		}
	}
}

// given returns the flags that the user gave, by setting.
func (f *settingFlags) given() map[string]config.Given {
	out := map[string]config.Given{}
	for _, row := range flagSettings {
		if v := f.values[row.setting]; v != nil && f.flags.Changed(row.flag) {
			out[row.setting] = config.Given{Flag: "--" + row.flag, Values: v.words}
		}
	}
	return out
}

// lowerFirst makes a sentence of the table a fragment of help.
func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' {
		s = string(s[0]|0x20) + s[1:]
	}
	if n := len(s); n > 0 && s[n-1] == '.' {
		s = s[:n-1]
	}
	return s
}

// settingsFile returns the settings file to read: the one that --config names, or ruleids.hcl in the current
// directory where there is one, or "". Since that may name programs, root takes only one that no other account can write.
func settingsFile(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	switch st, err := os.Stat(rules.SettingsName); {
	case err == nil && os.Geteuid() == 0 && writableByOthers(st):
		return "", fmt.Errorf("%s of the current directory belongs to another user, or others can write it, and may name programs that root would run; name it with --config if it is to be used", rules.SettingsName)
	case err == nil:
		return rules.SettingsName, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	return "", nil
}

// hostSettings is settingsFile for commands about what runs on this host: where the current directory has no file, that of a daemon
// or a server that runs as a service.
func hostSettings(named string) (string, error) {
	file, err := settingsFile(named)
	if err == nil && file == "" && exists(serviceSettings()) == nil {
		return serviceSettings(), nil
	}
	return file, err
}

// settingsOf loads the settings of the file that find finds by the value of --config, of the environment and of flags. It prints
// what is wrong with them and returns a status then.
func (a *app) settingsOf(find func(named string) (string, error), named string, flags map[string]config.Given) (*config.Config, error) {
	file, err := find(named)
	if err != nil {
		return nil, err
	}
	c, diags := config.Load(config.Options{File: file, Environ: os.Environ(), Flags: flags})
	if diags.HasErrors() {
		return nil, a.refuse(diags, c.Sources)
	}
	return c, nil
}

// serviceSettings returns the settings file of a daemon that runs as a service.
func serviceSettings() string { return place.Of("/etc/ruleids/ruleids.hcl") }
