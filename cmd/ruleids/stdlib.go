package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/stdlib"
)

func newStdlibCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "stdlib DIR",
		Short: "Write the shipped rules to a directory",
		Long: `Stdlib writes the rule files that are built into the program to a directory, which it makes: to be read, searched,
and compared with those of another version by diff --stdlib. The program goes on using its own; to change a shipped rule,
write an override. Files that are there already are left as they are, and are an error.`,
		Example: `  ruleids stdlib shipped-rules/`,
		Args:    arguments(1, 1, "name the directory to write to"),
		RunE: func(_ *cobra.Command, args []string) error {
			files, dir := stdlib.FS(), args[0]
			n := 0
			err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				text, err := fs.ReadFile(files, name)
				if err != nil {
					return err
				}
				to := filepath.Join(dir, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
					return err
				}
				f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
				if err != nil {
					return err
				}
				n++
				if _, err := f.Write(text); err != nil {
					_ = f.Close() // the first error is the one to tell
					return err
				}
				return f.Close()
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "%s in %s\n", plural(uint64(n), "file"), dir)
			return err
		},
		ValidArgsFunction: completeDirectories,
	}
}
