package main

import (
	"bytes"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// account is the number of the account in the image, and of its group: that of distroless images.
const account = 65532

// image writes one image for all architectures as an archive of the OCI layout (https://github.com/opencontainers/image-spec),
// as skopeo, podman, ctr and docker load it.
func (r *release) image() error {
	index := v1.ImageIndex(empty.Index)
	index = mutate.IndexMediaType(index, types.OCIImageIndex)
	found := false
	for _, t := range r.targets {
		if !t.image {
			continue
		}
		found = true
		img, err := r.imageOf(t)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: t.os, Architecture: t.arch}}})
	}
	if !found {
		return nil
	}
	dir := filepath.Join(r.stage, "oci")
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	name := map[string]string{"org.opencontainers.image.ref.name": r.version, "io.containerd.image.name": "ghcr.io/ruleids/ruleids:" + r.version}
	if err := path.AppendIndex(index, layout.WithAnnotations(name)); err != nil {
		return err
	}
	var files []file
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		f := file{name: filepath.ToSlash(name), mode: 0o644}
		if entry.IsDir() {
			f.name, f.mode = f.name+"/", 0o755
		} else if f.text, err = os.ReadFile(path); err != nil {
			return err
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := writeTar(&b, files, r.date); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, "ruleids_"+r.version+"_oci.tar"), b.Bytes(), 0o644)
}

// imageOf returns the image for one target: the program, the certificates of public CAs, and an account without rights.
func (r *release) imageOf(t target) (v1.Image, error) {
	files, err := r.imageFiles(t)
	if err != nil {
		return nil, err
	}
	var layerTar bytes.Buffer
	if err := writeTar(&layerTar, files, r.date); err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(layerTar.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	commit, err := r.git("rev-parse", "HEAD")
	if err != nil {
		return nil, err
	}
	if img, err = mutate.Append(img, mutate.Addendum{Layer: layer, History: v1.History{Created: v1.Time{Time: r.date}, CreatedBy: "make release"}}); err != nil {
		return nil, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = t.os, t.arch, v1.Time{Time: r.date}
	config.Config = v1.Config{
		User:         fmt.Sprintf("%d:%d", account, account),
		Entrypoint:   []string{"/usr/bin/ruleids"},
		Cmd:          []string{"run", "--config", "/etc/ruleids/ruleids.hcl"},
		WorkingDir:   "/var/lib/ruleids",
		Env:          []string{"PATH=/usr/bin", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"},
		ExposedPorts: map[string]struct{}{"9477/tcp": {}},
		// Status exits with 1 where something is not as it should be.
		Healthcheck: &v1.HealthConfig{Test: []string{"CMD", "/usr/bin/ruleids", "status"}, Interval: 30 * time.Second, Timeout: 5 * time.Second, StartPeriod: 15 * time.Second, Retries: 3},
		Labels: map[string]string{
			"org.opencontainers.image.title":    "ruleids",
			"org.opencontainers.image.source":   "https://github.com/ruleids/ruleids",
			"org.opencontainers.image.licenses": "Apache-2.0",
			"org.opencontainers.image.version":  r.version,
			"org.opencontainers.image.revision": commit,
		},
	}
	return mutate.ConfigFile(img, config)
}

// imageFiles returns the file system of an image.
func (r *release) imageFiles(t target) ([]file, error) {
	dir := func(name string, mode fs.FileMode, owner int) file { return file{name: name, mode: mode, owner: owner} }
	files := []file{
		dir("etc/", 0o755, 0), dir("etc/ruleids/", 0o755, 0), dir("etc/ruleids/rules/", 0o755, 0), dir("etc/ssl/", 0o755, 0), dir("etc/ssl/certs/", 0o755, 0),
		{name: "etc/passwd", mode: 0o644, text: fmt.Appendf(nil, "root:x:0:0:root:/:/sbin/nologin\nruleids:x:%d:%[1]d:ruleids:/var/lib/ruleids:/sbin/nologin\n", account)},
		{name: "etc/group", mode: 0o644, text: fmt.Appendf(nil, "root:x:0:\nruleids:x:%d:\n", account)},
		dir("run/", 0o755, 0), dir("run/ruleids/", 0o750, account), dir("tmp/", 0o1777, 0),
		dir("usr/", 0o755, 0), dir("usr/bin/", 0o755, 0), dir("usr/share/", 0o755, 0), dir("usr/share/doc/", 0o755, 0), dir("usr/share/doc/ruleids/", 0o755, 0),
		dir("var/", 0o755, 0), dir("var/lib/", 0o755, 0), dir("var/lib/ruleids/", 0o750, account), dir("var/log/", 0o755, 0), dir("var/log/ruleids/", 0o750, account),
	}
	var roots bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue // trusted for some certificates alone, which a file cannot say
		}
		if err := pem.Encode(&roots, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}); err != nil {
			return nil, err
		}
	}
	files = append(files, file{name: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, text: roots.Bytes()})
	for _, s := range []struct {
		from, to string
		mode     fs.FileMode
		attrs    map[string]string
	}{
		{filepath.Join(r.root, "packaging", "container", "ruleids.hcl"), "etc/ruleids/ruleids.hcl", 0o644, nil},
		{r.binary(t), "usr/bin/ruleids", 0o755, map[string]string{"security.capability": captureCapabilities()}},
		{filepath.Join(r.root, "LICENSE"), "usr/share/doc/ruleids/LICENSE", 0o644, nil},
		{filepath.Join(r.root, "THIRD_PARTY_NOTICES.txt"), "usr/share/doc/ruleids/THIRD_PARTY_NOTICES.txt", 0o644, nil},
	} {
		text, err := os.ReadFile(s.from)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: s.to, mode: s.mode, text: text, attrs: s.attrs})
	}
	return files, nil
}

// captureCapabilities returns the attribute of a file that may have CAP_NET_ADMIN and CAP_NET_RAW without being root
// (capabilities(7), struct vfs_cap_data of linux/capability.h, version 2). They are permitted and not in effect at once:
// so the program also starts, to lint and to test, in a container that has not got them.
func captureCapabilities() string {
	const version2, netAdmin, netRaw = 0x02000000, 1 << 12, 1 << 13
	b := binary.LittleEndian.AppendUint32(nil, version2)
	b = binary.LittleEndian.AppendUint32(b, netAdmin|netRaw) // permitted
	return string(append(b, make([]byte, 12)...))            // none inheritable, and the upper 32 of both
}
