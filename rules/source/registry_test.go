package source

import (
	"archive/tar"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	godigest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// A registry serves one artifact as the OCI distribution specification says.
type registry struct {
	manifest []byte
	blobs    map[string][]byte // by digest
	asked    int
	spoil    http.HandlerFunc // answers instead, where it is set
}

func (r *registry) publish(t *testing.T, titles []string, files ...[]byte) {
	t.Helper()
	m := ocispec.Manifest{MediaType: ocispec.MediaTypeImageManifest, Config: ocispec.DescriptorEmptyJSON}
	m.SchemaVersion = 2
	r.blobs = map[string][]byte{}
	for i, data := range files {
		d := ocispec.Descriptor{MediaType: "application/vnd.example.rules", Digest: godigest.FromBytes(data), Size: int64(len(data)), Annotations: map[string]string{ocispec.AnnotationTitle: titles[i]}}
		m.Layers = append(m.Layers, d)
		r.blobs[d.Digest.String()] = data
	}
	var err error
	if r.manifest, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
}

func (r *registry) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if r.spoil != nil {
		r.spoil(w, q)
		return
	}
	r.serve(w, q)
}

func (r *registry) serve(w http.ResponseWriter, q *http.Request) {
	if q.URL.Path == "/v2/site/rules/manifests/1" {
		w.Header().Set("Content-Type", ocispec.MediaTypeImageManifest)
		w.Header().Set("Docker-Content-Digest", godigest.FromBytes(r.manifest).String())
		_, _ = w.Write(r.manifest)
		return
	}
	if data, ok := r.blobs[strings.TrimPrefix(q.URL.Path, "/v2/site/rules/blobs/")]; ok {
		r.asked++
		_, _ = w.Write(data)
		return
	}
	http.NotFound(w, q)
}

// TestOCI fetches an artifact, not again while it is the same, and not where its bytes are others than the manifest says.
func TestOCI(t *testing.T) {
	r := &registry{}
	server := httptest.NewServer(r)
	defer server.Close()
	s := newStore(t)
	spec := Spec{Source: "oci://" + strings.TrimPrefix(server.URL, "http://") + "/site/rules:1"}
	r.publish(t, []string{"README.md", "rules.tar.gz"}, []byte("hello"), archiveOf(t, tar.Header{Name: "a.hcl", Gname: oneRule}))
	for i, want := range []bool{true, false} {
		if c, changed, err := s.Rules(context.Background(), spec, good); err != nil || changed != want || c.Files != 1 || r.asked != 1 {
			t.Errorf("%d: %+v %v %v, asked %d times", i, c, changed, err, r.asked)
		}
	}
	r.publish(t, []string{"rules.tar.gz"}, archiveOf(t, tar.Header{Name: "b.hcl", Gname: oneRule}))
	for d := range r.blobs {
		r.blobs[d] = []byte("something else")
	}
	if _, _, err := s.Rules(context.Background(), spec, good); err == nil || !strings.Contains(err.Error(), "other bytes") && !strings.Contains(err.Error(), "mismatch") {
		t.Errorf("wrong bytes: %v", err)
	}
	r.publish(t, []string{"rules.zip"}, []byte("x"))
	if _, _, err := s.Rules(context.Background(), spec, good); err == nil || !strings.Contains(err.Error(), "no tar file") {
		t.Errorf("no tar file: %v", err)
	}
	spec.Source += "9"
	if _, _, err := s.Rules(context.Background(), spec, good); err == nil || !strings.Contains(err.Error(), "not found") && !strings.Contains(err.Error(), "404") {
		t.Errorf("no such tag: %v", err)
	}
}

// patience is how long a test waits for what happens soon on a machine that is not busy.
const patience = 10 * time.Second

// TestBadRegistry has a registry that misbehaves, each time on its way to another version: the copy before stays in use, and what
// is said is short and names no secret.
func TestBadRegistry(t *testing.T) {
	r, over := &registry{}, make(chan struct{})
	server := httptest.NewServer(r)
	defer server.Close()
	defer close(over)
	s := newStore(t)
	spec := Spec{Source: "oci://" + strings.TrimPrefix(server.URL, "http://") + "/site/rules:1", Token: "tell-nobody"}
	r.publish(t, []string{"rules.tar.gz"}, archiveOf(t, tar.Header{Name: "a.hcl", Gname: oneRule}))
	if _, changed, err := s.Rules(context.Background(), spec, good); err != nil || !changed {
		t.Fatal(changed, err)
	}
	r.publish(t, []string{"rules.tar.gz"}, archiveOf(t, tar.Header{Name: "b.hcl", Gname: oneRule}))
	whole := r.manifest
	blob := func(do http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, q *http.Request) {
			if strings.Contains(q.URL.Path, "/blobs/") {
				do(w, q)
				return
			}
			r.serve(w, q)
		}
	}
	manifest := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, q *http.Request) {
			r.manifest = []byte(text)
			r.serve(w, q)
		}
	}
	half := func(w http.ResponseWriter, q *http.Request) {
		data := r.blobs[strings.TrimPrefix(q.URL.Path, "/v2/site/rules/blobs/")]
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		_, _ = w.Write(data[:len(data)/2])
		panic(http.ErrAbortHandler)
	}
	stalls := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-over
	}
	loops := func(w http.ResponseWriter, q *http.Request) {
		http.Redirect(w, q, q.URL.Path, http.StatusTemporaryRedirect)
	}
	fails := func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "tell-nobody", http.StatusInternalServerError)
	}
	for _, c := range []struct {
		name  string
		spoil http.HandlerFunc
		want  string
	}{
		{"half of a layer", blob(half), "EOF"},
		{"a layer that stalls", blob(stalls), ""},
		{"a layer that is not there", blob(http.NotFound), "not found"},
		{"a layer that leads in circles", blob(loops), "redirects over 5 times"},
		{"a manifest that leads in circles", loops, "redirects over 5 times"},
		{"a manifest that stalls", stalls, ""},
		{"nothing but failures", fails, ""},
		{"a manifest that is none", manifest("<html>"), "no manifest"},
		{"a layer without end", manifest(strings.Replace(string(whole), `"size":`, `"size":9999999`, -1)), "mismatch"},
		{"a digest that is none", manifest(strings.Replace(string(whole), `"sha256:`, `"sha256:../../`, -1)), "not found"},
		{"a manifest of another digest", func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Type", ocispec.MediaTypeImageManifest)
			w.Header().Set("Docker-Content-Digest", godigest.FromString("another").String())
			_, _ = w.Write(whole)
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.manifest, r.spoil = whole, c.spoil
			within := patience
			if c.want == "" { // nothing else ends it soon
				within = time.Second
			}
			ctx, cancel := context.WithTimeout(context.Background(), within)
			defer cancel()
			_, changed, err := s.Rules(ctx, spec, good)
			if err == nil || changed || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "tell-nobody") || len(err.Error()) > 200 {
				t.Errorf("changed %v, error %v; want %q", changed, err, c.want)
			}
			dir, _ := Current(s.Dir, spec.Source)
			if _, err := os.Stat(filepath.Join(dir, "a.hcl")); err != nil {
				t.Errorf("the copy before: %v", err)
			}
		})
	}
	r.manifest, r.spoil = whole, nil
	if _, changed, err := s.Rules(context.Background(), spec, good); err != nil || !changed {
		t.Errorf("when it is well again: %v, %v", changed, err)
	}
}

// TestGit fetches a branch of a repository, a commit, and says what git says.
func TestGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	repo := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = repo
		cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=x", "GIT_AUTHOR_EMAIL=x@example.com", "GIT_COMMITTER_NAME=x", "GIT_COMMITTER_EMAIL=x@example.com")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	commit := func(name, text string) string {
		t.Helper()
		path := filepath.Join(repo, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		git("add", "-A")
		git("commit", "-q", "-m", "x")
		return git("rev-parse", "HEAD")
	}
	git("init", "-q", "-b", "main")
	first := commit("rules/a.hcl", oneRule)
	s := newStore(t)
	spec := Spec{Source: "git+file://" + filepath.ToSlash(repo) + "?ref=main#rules"}
	take := func(want bool, commit, name string) {
		t.Helper()
		c, changed, err := s.Rules(context.Background(), spec, good)
		if err != nil || changed != want || c.Version != commit {
			t.Fatalf("%+v %v %v", c, changed, err)
		}
		dir, _ := Current(s.Dir, spec.Source)
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	take(true, first, "a.hcl")
	take(false, first, "a.hcl")
	second := commit("rules/b.hcl", oneRule)
	take(true, second, "b.hcl")
	spec.Source = fmt.Sprintf("git+file://%s?ref=%s", filepath.ToSlash(repo), first)
	take(true, first, "rules/a.hcl")
	if err := os.Symlink("/etc/passwd", filepath.Join(repo, "link.hcl")); err == nil {
		commit("rules/c.hcl", oneRule)
		spec.Source = "git+file://" + filepath.ToSlash(repo)
		if _, _, err := s.Rules(context.Background(), spec, good); err == nil || !strings.Contains(err.Error(), "is a link") {
			t.Errorf("a link: %v", err)
		}
	}
	spec.Source = "git+file://" + filepath.ToSlash(repo) + "?ref=nobody"
	if _, _, err := s.Rules(context.Background(), spec, good); err == nil || !strings.Contains(err.Error(), `no branch or tag "nobody"`) {
		t.Errorf("no such branch: %v", err)
	}
	spec.Source = "git+file:///no/such/repository"
	if _, _, err := s.Rules(context.Background(), spec, good); err == nil || !strings.Contains(err.Error(), "git: ") {
		t.Errorf("no repository: %v", err)
	}
}

// TestGitServer fetches a repository over https: with the CA of SSL_CERT_FILE, and with a token that only its server gets.
func TestGitServer(t *testing.T) {
	path, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Skip("there is no git")
	}
	root := t.TempDir()
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "-m", "x"}} {
		if err := os.WriteFile(filepath.Join(root, "a.hcl"), []byte(oneRule), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("git", args...)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v %s", args, err, out)
		}
	}
	backend := &cgi.Handler{Path: filepath.Join(strings.TrimSpace(string(path)), "git-http-backend"), Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"}}
	if _, err := os.Stat(backend.Path); err != nil {
		t.Skip("this git serves nothing over http")
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if user, password, _ := q.BasicAuth(); user+":"+password != "reader:sesame" {
			w.Header().Set("WWW-Authenticate", `Basic realm="rules"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, q)
	}))
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newStore(t)
	address := strings.TrimPrefix(server.URL, "https://") + "/.git?ref=main"
	t.Setenv("GIT_SSL_CAINFO", "") // and back at the end
	if err := os.Unsetenv("GIT_SSL_CAINFO"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ ca, source, token, want string }{
		{"", "git+https://" + address, "reader:sesame", "certificate"},
		{ca, "git+https://" + address, "", "could not read Username"},
		{ca, "git+https://" + address, "reader:wrong", "Authentication failed"},
		{ca, "git+https://" + address, "sesame", "Authentication failed"}, // as x-access-token
		{ca, "git+https://reader@" + address, "sesame", ""},
		{ca, "git+https://" + address, "reader:sesame", ""},
	} {
		t.Setenv("SSL_CERT_FILE", c.ca)
		_, changed, err := s.Rules(context.Background(), Spec{Source: c.source, Token: c.token}, good)
		if c.want == "" && (err != nil || !changed) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "sesame") || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%+v: %v, %v", c, changed, err)
		}
	}
	_, _, err = s.Rules(context.Background(), Spec{Source: "git+file:///no/such/repository"}, good)
	if err == nil || !strings.Contains(err.Error(), "'/no/such/repository' does not appear to be a git repository; Could not read") || strings.Contains(err.Error(), "access rights") {
		t.Errorf("no repository: %v", err)
	}
}

// TestRegistryLogin logs in at a registry that wants a user and a password, and says so without one.
func TestRegistryLogin(t *testing.T) {
	r := &registry{}
	r.spoil = func(w http.ResponseWriter, q *http.Request) {
		if user, password, _ := q.BasicAuth(); user+":"+password != "reader:sesame" {
			w.Header().Set("WWW-Authenticate", `Basic realm="rules"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		r.serve(w, q)
	}
	server := httptest.NewServer(r)
	defer server.Close()
	r.publish(t, []string{"rules.tar.gz"}, archiveOf(t, tar.Header{Name: "a.hcl", Gname: oneRule}))
	s := newStore(t)
	for token, want := range map[string]string{"": "wants a user and a password", "sesame": "401", "reader:wrong": "401", "reader:sesame": ""} {
		_, changed, err := s.Rules(context.Background(), Spec{Source: "oci://" + strings.TrimPrefix(server.URL, "http://") + "/site/rules:1", Token: token}, good)
		if want == "" && (err != nil || !changed) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, %v", token, changed, err)
		}
	}
}
