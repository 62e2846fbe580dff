// Package check finds out what a condition means: it makes a tree of package ast of its text, or diagnostics that point at the token
// at fault.
//
// # From text to expressions
//
// A condition is parsed by expr-lang's parser; what it means is worked out here, so that every error stands at its token
// (through escapes and heredocs), all errors of an expression are reported, and near names are suggested. In the tree, macros and variables are replaced by what they stand for (a macro's
// nodes are shared by all its users), constant parts are folded, addresses are parsed, sets are built,
// and what the language leaves to the reader is explicit:
//
//   - A comparison, a membership, a match, or a boolean field or function is false where the packet
//     lacks a value that it needs. It is And{LayerExpr, leaf} then: a conjunction whose parts all have
//     the range of the whole, nested in the conjunction that the author wrote. ast.Presence makes the same
//     condition for a value.
//   - A byte beyond the end of a string is missing too; slices are cut to what is there.
//   - Not of a false comparison is true, also where it is false because a value is missing.
//
// What of expr-lang has no node (trim, split, any, let, …) is left to its VM as an OpaqueExpr,
// after expr-lang's own checker has typed it; VMOptions are what to compile it with.
//
// # What is checked
//
// diag.Codes lists every kind of diagnostic. Beside names, types and values, comparisons that always or
// never hold are found: by the range of a field, and over whole conditions by following every way in
// which they can hold (a bounded number of them) and comparing what it asks of layers, protocols,
// addresses, numbers, flags and strings. A doubt never makes an error. The contents of lists count as
// unknown, since they change without the rules.
package check
