// Package rules is the language: it reads HCL rule files, checks everything in them, and returns a
// RuleSet of typed expressions, or diagnostics that point at the token at fault.
//
// HCL gives the blocks and attributes; package check makes trees (package ast) of the conditions in their strings. Package domain says
// what is known of such a tree before there is an event, and package lists has what conditions look into.
//
// A comment `# lint:ignore CODE reason`, on a line of its own above an attribute or a block, or behind
// it on its first line, silences diagnostics of judgement (Code.Judgement) in it.
//
// # Names and files
//
// A rule set is all files together, and their order never matters, but for overrides of one rule:
// these apply by the names of their files and their lines. Files of the standard library have names
// beginning with StdlibPrefix in ranges. List files are named from the directory of the file that names
// them.
//
// A RuleSet does not change after Load and may be used by several goroutines.
package rules
