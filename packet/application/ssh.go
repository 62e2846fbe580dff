package application

import "bytes"

// maxBanner is the longest banner of SSH, with its end (RFC 4253 section 4.2).
const maxBanner = 255

// scanSSH is Scan for what may be the banner of SSH.
func scanSSH(data []byte) (Kind, int) {
	const begin = "SSH-"
	if len(data) < len(begin) {
		if string(data) == begin[:len(data)] {
			return KindUnknown, len(begin)
		}
		return KindUnknown, 0
	}
	if string(data[:len(begin)]) != begin {
		return KindUnknown, 0
	}
	if len(data) < maxBanner && bytes.IndexByte(data, '\n') < 0 {
		return KindSSH, len(data) + 1
	}
	return KindSSH, 0
}

// Banner returns the banner of SSH that data begins with, without the end of its line; nil where data begins with none.
func Banner(data []byte) []byte {
	if !bytes.HasPrefix(data, []byte("SSH-")) {
		return nil
	}
	line, _ := firstLine(data[:min(len(data), maxBanner)])
	return line
}
