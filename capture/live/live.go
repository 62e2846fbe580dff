// Package live is what all sources of packets on network interfaces have in common: the batches that they fill, what they
// count, what they tell of their interfaces, and which packets are captured at all. A source has a package of its own:
// afpacket on Linux, bpf on macOS, FreeBSD and OpenBSD, npcap on Windows.
package live

// DefaultSnapLength is how many bytes of a frame are captured where nothing else is said: MAXIMUM_SNAPLEN of libpcap, which
// is whole frames, of offloads too.
const DefaultSnapLength = 262144
