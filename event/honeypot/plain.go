package honeypot

import "bytes"

// plain is a port without a protocol: it may say something, and listens.
type plain struct{ banner string }

func (p plain) serve(s *session) {
	if p.banner != "" {
		if _, err := s.Write([]byte(p.banner)); err != nil {
			return
		}
	}
	told := false
	buf := make([]byte, 2048)
	for read := 0; ; {
		n, err := s.Read(buf)
		read += n
		// The first line is enough; the rest is read so that the client goes on.
		if !told && n > 0 && (err != nil || read >= maxData || bytes.IndexByte(buf[:n], '\n') >= 0) {
			told = true
			s.command(s.firstLine())
		}
		if err != nil {
			return // session.leftover tells of what came without the end of a line
		}
	}
}
