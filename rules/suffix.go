package rules

import (
	"bytes"
	"math/bits"
)

//go:generate go test . -run TestSuffixTable -update

// suffixStart returns where the public suffix of a name starts in it, by the list and the rules of
// golang.org/x/net/publicsuffix, whose PublicSuffix it equals for names in lower case; letters here
// compare without regard to case. Nothing is allocated and nothing is built first, which is why this
// exists: PublicSuffix allocates once a call, and costs several times as much.
//
// The list is a tree of labels, read from the last label of a name to its first. suffix_table.go has
// its nodes as a hash table that is found by the part of a name from a label to the end, so that
// one look follows one edge.
func suffixStart(name []byte) int {
	if isAddress(name) {
		return 0
	}
	start, end := len(name), len(name)
	parent, hash, wildcard := uint64(suffixRoot), uint64(0), false
	for {
		var dot int
		hash, dot = hashLabel(hash, name[:end])
		if wildcard {
			start = dot + 1
		}
		if parent == suffixNone {
			break
		}
		id := findSuffix(hash, parent, name[dot+1:end])
		if id == suffixNone {
			break
		}
		node := suffixNodes[id]
		if node&suffixException != 0 {
			start = end + 1
			break
		}
		if node&suffixNormal != 0 {
			start = dot + 1
		}
		if dot < 0 {
			break
		}
		wildcard, parent, end = node&suffixWildcard != 0, id, dot
		if node&suffixLeaf != 0 {
			if !wildcard {
				break
			}
			parent = suffixNone // the label before is of the suffix, whatever it is, and the tree ends
		}
	}
	if start == len(name) { // no rule matches, so that the rule "*" does
		return 1 + bytes.LastIndexByte(name, '.')
	}
	return start
}

// A node of the list is 64 bits: where its label is in suffixText and how long it is, what the rules
// say of it, and its parent's index in suffixNodes, suffixRoot for a top-level domain.
const (
	suffixOffsetBits = 20
	suffixLengthAt   = suffixOffsetBits
	suffixLengthMax  = 63              // octets in a label (RFC 1035, section 2.3.4)
	suffixNormal     = uint64(1) << 28 // a rule ends here: the node is a public suffix
	suffixException  = uint64(1) << 29 // a rule "!label" ends here: the node's parent is the public suffix
	suffixWildcard   = uint64(1) << 30 // a rule "*.label": each child is a public suffix
	suffixLeaf       = uint64(1) << 31 // no rule has a child of the node by name
	suffixParentAt   = 32

	suffixRoot = 1<<16 - 1                                                    // as a parent: none
	suffixNone = 1<<16 - 2                                                    // as an index: no such node
	suffixKey  = suffixRoot<<suffixParentAt | suffixLengthMax<<suffixLengthAt // the bits of parent and length

	suffixBucketBits = 12
)

// suffixBucket returns the bucket of a hash: the nodes from suffixBuckets[b] up to suffixBuckets[b+1]
// are those of bucket b.
func suffixBucket(hash uint64) uint64 {
	return hash * 0x9e3779b97f4a7c15 >> (64 - suffixBucketBits)
}

// hashLabel adds the last label of name to a hash, from its end to its start, and returns where the
// dot before it is, -1 for none. Names that differ in case alone have the same hash.
func hashLabel(hash uint64, name []byte) (uint64, int) {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			return bits.RotateLeft64(hash, 5) ^ '.', i
		}
		hash = bits.RotateLeft64(hash, 5) ^ uint64(name[i]|0x20) // in small letters; equalLower sees what else this makes equal
	}
	return bits.RotateLeft64(hash, 5) ^ '.', -1
}

// findSuffix returns the index of the child of a node that has a label, or suffixNone. hash is that
// of the label and all after it. Nobody can make this slow by a choice of names: the nodes of a
// bucket are few, whatever is asked.
func findSuffix(hash, parent uint64, label []byte) uint64 {
	if len(label) > suffixLengthMax {
		return suffixNone
	}
	key := parent<<suffixParentAt | uint64(len(label))<<suffixLengthAt
	b := suffixBucket(hash)
	for i := suffixBuckets[b]; i < suffixBuckets[b+1]; i++ {
		node := suffixNodes[i]
		if node&suffixKey != key {
			continue
		}
		at := int(node & (1<<suffixOffsetBits - 1))
		if equalLower(label, suffixText[at:at+len(label)]) {
			return uint64(i)
		}
	}
	return suffixNone
}

// equalLower reports whether s, in lower case, is lower, which is as long.
func equalLower(s []byte, lower string) bool {
	if string(s) == lower {
		return true
	}
	for i, b := range s {
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != lower[i] {
			return false
		}
	}
	return true
}
