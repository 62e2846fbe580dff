package diag

import (
	"fmt"
	"regexp"
)

// Nearest returns the candidate that a misspelt name most likely stands for, or "" where none is near. Of
// equally near candidates it takes the one with the longest common beginning, then the first in
// alphabetical order.
func Nearest(name string, candidates []string) string {
	best, bestDist := "", min(3, (len(name)+1)/4)+1
	for _, c := range candidates {
		if abs := len(c) - len(name); abs > bestDist || -abs > bestDist {
			continue
		}
		d := editDistance(name, c, bestDist)
		if d == bestDist && best != "" {
			if p, q := commonPrefix(name, c), commonPrefix(name, best); p > q || p == q && c < best {
				best = c
			}
		} else if d < bestDist {
			best, bestDist = c, d
		}
	}
	return best
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// editDistance counts insertions, deletions, replacements and swaps of neighbours that make b of a
// (optimal string alignment). It may stop early with limit or more.
func editDistance(a, b string, limit int) int {
	if len(a) > 64 || len(b) > 64 {
		return limit + 1
	}
	var rows [3][65]int
	prev2, prev, cur := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, prev2[j-2]+1)
			}
			cur[j] = d
			least = min(least, d)
		}
		if least > limit {
			return limit + 1
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}

// suggested is the end of a sentence of DidYouMean, or what to write in the place of a field that has another name here.
var suggested = regexp.MustCompile(`Did you mean "([^"]+)"\?|^There is no field "[^"]+"\. Write ([a-z][a-z0-9_.]*[a-z0-9_](?:\([a-z0-9_.]+\))?)(?:[;,] |\.$)`)

// Suggestion returns what the detail of a diagnostic says that is to be written in the place of what is wrong, as DidYouMean does;
// "" where it says nothing, or more than that.
func Suggestion(detail string) string {
	if m := suggested.FindStringSubmatch(detail); m != nil {
		return m[1] + m[2]
	}
	return ""
}

// DidYouMean returns the sentence that asks for the nearest candidate, with a space before it, or "" where
// none is near.
func DidYouMean(name string, candidates []string) string {
	if n := Nearest(name, candidates); n != "" {
		return fmt.Sprintf(" Did you mean %q?", n)
	}
	return ""
}
