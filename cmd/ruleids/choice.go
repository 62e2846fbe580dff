package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A choice is the value of a flag that takes one of a few words.
type choice struct {
	value string
	words []string
}

// oneOf returns a choice of words; the first is the default.
func oneOf(words ...string) choice { return choice{value: words[0], words: words} }

func (c *choice) String() string { return c.value }

// Type is what help shows in place of the value.
func (c *choice) Type() string { return strings.Join(c.words, "|") }

func (c *choice) Set(s string) error {
	if !slices.Contains(c.words, s) {
		return errors.New("use " + orWords(c.words))
	}
	c.value = s
	return nil
}

// add declares the choice as a flag in flags, with completion of its words on cmd.
func (c *choice) add(cmd *cobra.Command, flags *pflag.FlagSet, name, usage string) {
	flags.Var(c, name, usage)
	// The only error is a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc(name, completeWords(slices.Clone(c.words)))
}

// orWords writes words as a sentence offers them: "text, json or sarif".
func orWords(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
