// Package publicsuffix finds the part of a DNS name that someone registered, by the Public Suffix List
// (https://publicsuffix.org/) in the version that golang.org/x/net/publicsuffix has. Unlike that package
// it allocates nothing and reads letters of either case, so that it can look at every packet.
package publicsuffix

import (
	"bytes"
	_ "embed" // for the tables
	"math/bits"
)

//go:generate go test . -run TestTables -update

// maxName is the longest DNS name in text form: 255 octets on the wire (RFC 1035, section 2.3.4).
const maxName = 255

// RegisteredDomain returns the public suffix of a DNS name and the label before it, as a part of
// name: the part that someone registered. Letters compare without regard to case and are returned as
// they are. A name that has no such part (a public suffix, a single label, an address, no name at
// all) is returned whole. A final dot is dropped. Nothing is allocated.
func RegisteredDomain(name []byte) []byte {
	trimmed := bytes.TrimSuffix(name, []byte{'.'})
	if len(trimmed) == 0 || len(trimmed) > maxName {
		return name
	}
	dot := suffix(trimmed) - 1 // before the suffix
	if dot < 1 {
		return name
	}
	return trimmed[1+bytes.LastIndexByte(trimmed[:dot], '.'):]
}

// suffix returns where the public suffix of a name starts in it, as PublicSuffix of
// golang.org/x/net/publicsuffix does for names in lower case.
//
// The list is a tree of labels, read from the last label of a name to its first. Its nodes are a hash
// table with the part of a name from a label to the end as the key, so that one lookup follows one edge.
func suffix(name []byte) int {
	if isAddress(name) {
		return 0
	}
	start, end := len(name), len(name)
	parent, hash, anyChild := uint64(noParent), uint64(0), false
	for {
		var dot int
		hash, dot = hashLabel(hash, name[:end])
		if anyChild {
			start = dot + 1
		}
		if parent == noNode {
			break
		}
		id := child(hash, parent, name[dot+1:end])
		if id == noNode {
			break
		}
		n := node(id)
		if n&exception != 0 {
			start = end + 1
			break
		}
		if n&normal != 0 {
			start = dot + 1
		}
		if dot < 0 {
			break
		}
		anyChild, parent, end = n&wildcard != 0, id, dot
		if n&leaf != 0 {
			if !anyChild {
				break
			}
			parent = noNode // the label before is of the suffix, whatever it is, and the tree ends
		}
	}
	if start == len(name) { // no rule matches, so that the rule "*" does
		return 1 + bytes.LastIndexByte(name, '.')
	}
	return start
}

// A node of the list is 64 bits: where its label is in labels and how long it is, what the rules say of
// it, and its parent's index in nodes, noParent for a top-level domain.
const (
	offsetBits = 20
	lengthAt   = offsetBits
	maxLength  = 63              // octets in a label (RFC 1035, section 2.3.4)
	normal     = uint64(1) << 28 // a rule ends here: the node is a public suffix
	exception  = uint64(1) << 29 // a rule "!label" ends here: the node's parent is the public suffix
	wildcard   = uint64(1) << 30 // a rule "*.label": each child is a public suffix
	leaf       = uint64(1) << 31 // no rule has a child of the node by name
	parentAt   = 32

	noParent = 1<<16 - 1                                // as a parent: none
	noNode   = 1<<16 - 2                                // as an index: none
	keyBits  = noParent<<parentAt | maxLength<<lengthAt // the bits of parent and length

	bucketBits = 12
)

// The tables are read where they lie in the program; numbers in them are little-endian.
var (
	// buckets has for each bucket the index of its first node, and then the number of nodes, in 16 bits
	// each.
	//go:embed data/buckets
	buckets string
	// nodes has the nodes, ordered by bucket and name.
	//go:embed data/nodes
	nodes string
	// labels has the labels of all nodes, some of them as parts of others.
	//go:embed data/labels
	labels string
)

// node returns the node of an index.
func node(i uint64) uint64 {
	s := nodes[i*8 : i*8+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// bucket returns the nodes of the bucket of a hash: those from the first index up to the one before the second.
func bucket(hash uint64) (from, to uint64) {
	at := bucketOf(hash) * 2
	s := buckets[at : at+4]
	return uint64(s[0]) | uint64(s[1])<<8, uint64(s[2]) | uint64(s[3])<<8
}

// bucketOf returns the number of the bucket of a hash.
func bucketOf(hash uint64) uint64 {
	return hash * 0x9e3779b97f4a7c15 >> (64 - bucketBits)
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

// child returns the index of the child of a node that has a label, or noNode. hash is that
// of the label and all after it. No choice of names can make this slow: the nodes of a bucket are few,
// whatever is asked.
func child(hash, parent uint64, label []byte) uint64 {
	if len(label) > maxLength {
		return noNode
	}
	key := parent<<parentAt | uint64(len(label))<<lengthAt
	for i, end := bucket(hash); i < end; i++ {
		n := node(i)
		if n&keyBits != key {
			continue
		}
		at := int(n & (1<<offsetBits - 1))
		if equalLower(label, labels[at:at+len(label)]) {
			return i
		}
	}
	return noNode
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
