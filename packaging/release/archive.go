package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// A file is one on its way into an archive or an image. Those whose name ends in / are directories.
type file struct {
	name  string // with /, relative to the root of the archive
	mode  fs.FileMode
	text  []byte
	owner int               // number of the account and of its group
	attrs map[string]string // extended attributes
}

// archives writes the program with all that belongs to it, for each target: .tar.gz, on Windows .zip.
func (r *release) archives() error {
	for _, t := range r.targets {
		files, err := r.archiveFiles(t)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if t.os == "windows" {
			err = writeZip(&b, files, r.date)
		} else {
			err = writeTarGz(&b, files, r.date)
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(r.out, r.archiveName(t)), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// archiveName is the name of a target's archive.
func (r *release) archiveName(t target) string {
	name := "ruleids_" + r.version + "_" + t.os + "_" + t.arch
	if t.os == "windows" {
		return name + ".zip"
	}
	return name + ".tar.gz"
}

// archiveFiles returns what a target's archive has, below one directory.
func (r *release) archiveFiles(t target) ([]file, error) {
	root, packaging := r.root, filepath.Join(r.root, "packaging")
	sources := []struct {
		from, to string
		mode     fs.FileMode
	}{
		{r.binary(t), t.program(), 0o755},
		{filepath.Join(root, "LICENSE"), "LICENSE", 0o644},
		{filepath.Join(root, "THIRD_PARTY_NOTICES.txt"), "THIRD_PARTY_NOTICES.txt", 0o644},
		{filepath.Join(root, "CHANGELOG.md"), "CHANGELOG.md", 0o644},
		{filepath.Join(root, "docs", "install.md"), "INSTALL.md", 0o644},
	}
	add := func(to string, paths ...string) {
		for _, p := range paths {
			sources = append(sources, struct {
				from, to string
				mode     fs.FileMode
			}{p, to + filepath.Base(p), 0o644})
		}
	}
	pages, err := filepath.Glob(filepath.Join(r.stage, "man", "*.1"))
	if err != nil {
		return nil, err
	}
	switch t.os {
	case "windows":
		add("completion/", filepath.Join(r.stage, "completion", "powershell", "ruleids.ps1"))
		add("", filepath.Join(packaging, "windows", "install.ps1"))
	default:
		add("man/", pages...)
		for _, c := range []string{"bash/ruleids", "zsh/_ruleids", "fish/ruleids.fish"} {
			add("completion/"+filepath.Dir(c)+"/", filepath.Join(r.stage, "completion", c))
		}
		add("", filepath.Join(packaging, "ruleids.hcl"))
		switch t.os {
		case "linux":
			add("systemd/", filepath.Join(packaging, "ruleids.service"), filepath.Join(packaging, "ruleids-server.service"))
		case "darwin":
			add("launchd/", filepath.Join(packaging, "macos", "com.ruleids.agent.plist"))
		}
	}
	dir := "ruleids_" + r.version + "_" + t.os + "_" + t.arch + "/"
	files := []file{{name: dir, mode: 0o755}}
	for _, s := range sources {
		text, err := os.ReadFile(s.from)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: dir + s.to, mode: s.mode, text: text})
	}
	return files, nil
}

// writeTarGz writes a compressed archive in which every file has one date.
func writeTarGz(b *bytes.Buffer, files []file, date time.Time) error {
	z := gzip.NewWriter(b)
	var plain bytes.Buffer
	if err := writeTar(&plain, files, date); err != nil {
		return err
	}
	if _, err := z.Write(plain.Bytes()); err != nil {
		return err
	}
	return z.Close()
}

// writeTar writes an archive in which every file has one date.
func writeTar(b *bytes.Buffer, files []file, date time.Time) error {
	w := tar.NewWriter(b)
	for _, f := range files {
		h := &tar.Header{
			Typeflag: tar.TypeReg, Name: f.name, Mode: int64(f.mode), Size: int64(len(f.text)), ModTime: date, Uid: f.owner, Gid: f.owner,
		}
		if f.name[len(f.name)-1] == '/' {
			h.Typeflag = tar.TypeDir
		}
		for name, value := range f.attrs {
			h.PAXRecords = map[string]string{"SCHILY.xattr." + name: value}
		}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		if _, err := w.Write(f.text); err != nil {
			return err
		}
	}
	return w.Close()
}

// writeZip writes an archive as Windows opens it, in which every file has one date.
func writeZip(b *bytes.Buffer, files []file, date time.Time) error {
	w := zip.NewWriter(b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: date}
		h.SetMode(f.mode)
		if f.name[len(f.name)-1] == '/' {
			h.Method = zip.Store
			h.SetMode(f.mode | fs.ModeDir)
		}
		out, err := w.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := out.Write(f.text); err != nil {
			return err
		}
	}
	return w.Close()
}
