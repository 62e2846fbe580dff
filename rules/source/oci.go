package source

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"
	orasretry "oras.land/oras-go/v2/registry/remote/retry"

	"github.com/ruleids/ruleids/internal/fetch"
)

// maxManifest is the least that a registry must accept, and more than one of a rule set has.
const maxManifest = 4 << 20

// tokenUser is the user of a token where a server wants a name with it: GitHub, GitLab, Gitea and others take any.
const tokenUser = "x-access-token"

// layerMedia are the media types of a layer that is a tar file, where its title does not say so.
var layerMedia = []string{ocispec.MediaTypeImageLayer, ocispec.MediaTypeImageLayerGzip, "application/gzip", "application/x-tar", "application/vnd.cncf.helm.chart.content.v1.tar+gzip"}

// oci fetches an artifact with one layer that is a tar file, as `oras push` writes it, and with one that is its signature where the
// settings ask for that.
func (s *Store) oci(ctx context.Context, spec Spec, w where, c Copy) (fetched, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	repo, err := remote.NewRepository(strings.TrimPrefix(w.url, "oci://"))
	if err != nil {
		return fetched{}, err
	}
	repo.PlainHTTP = loopback(spec.Host())
	client := &auth.Client{Client: &http.Client{Transport: orasretry.NewTransport(s.Client.HTTP().Transport), CheckRedirect: s.Client.HTTP().CheckRedirect}, Cache: auth.NewCache()}
	if user, password, both := strings.Cut(spec.Token, ":"); both {
		client.Credential = auth.StaticCredential(repo.Reference.Registry, auth.Credential{Username: user, Password: password})
	} else if spec.Token != "" {
		client.Credential = auth.StaticCredential(repo.Reference.Registry, auth.Credential{AccessToken: spec.Token, Username: tokenUser, Password: spec.Token})
	}
	repo.Client = client
	tag := cmp.Or(repo.Reference.Reference, "latest")
	described, body, err := repo.FetchReference(ctx, tag)
	if err != nil {
		return fetched{}, ociError(err)
	}
	defer body.Close()
	if c.Version != "" && described.Digest.String() == c.Version {
		return fetched{same: true}, nil
	}
	text, err := verified(body, described, maxManifest)
	if err != nil {
		return fetched{}, err
	}
	var manifest ocispec.Manifest
	if err := json.Unmarshal(text, &manifest); err != nil {
		return fetched{}, errors.New("the registry sent no manifest of an artifact")
	}
	out := fetched{copy: Copy{Version: described.Digest.String()}}
	var signature []byte
	for _, l := range manifest.Layers {
		title := l.Annotations[ocispec.AnnotationTitle]
		most, to := int64(maxPacked), &out.archive
		switch {
		case strings.HasSuffix(title, signatureSuffix):
			most, to = maxSignature, &signature
		case strings.HasSuffix(title, ".tar"), strings.HasSuffix(title, ".tar.gz"), strings.HasSuffix(title, ".tgz"), title == "" && slices.Contains(layerMedia, l.MediaType):
			if out.archive != nil {
				return fetched{}, errors.New("the artifact has more than one tar file")
			}
		default:
			continue
		}
		r, err := repo.Fetch(ctx, l)
		if err != nil {
			return fetched{}, ociError(err)
		}
		*to, err = verified(r, l, most)
		if err = errors.Join(err, r.Close()); err != nil {
			return fetched{}, err
		}
	}
	if out.archive == nil {
		return fetched{}, errors.New("the artifact has no tar file")
	}
	return out, out.verify(spec, signature, c)
}

// verified reads what a descriptor describes.
func verified(r io.Reader, d ocispec.Descriptor, most int64) ([]byte, error) {
	if d.Size > most || d.Size < 0 {
		return nil, fmt.Errorf("the artifact has over %d bytes", most)
	}
	if err := d.Digest.Validate(); err != nil {
		return nil, fmt.Errorf("the artifact: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(r, d.Size+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) != d.Size || d.Digest.Algorithm().FromBytes(data) != d.Digest {
		return nil, errors.New("the registry sent other bytes than the artifact has by its digest")
	}
	return data, nil
}

// ociError is what a registry says, without the URL.
func ociError(err error) error {
	if e, ok := errors.AsType[*errcode.ErrorResponse](err); ok {
		return fmt.Errorf("the registry answered %d %s", e.StatusCode, http.StatusText(e.StatusCode))
	}
	if errors.Is(err, errdef.ErrNotFound) {
		return errors.New("it is not found in the registry")
	}
	if errors.Is(err, auth.ErrBasicCredentialNotFound) {
		return errors.New("the registry wants a user and a password: name a file with user:password in source_token_file")
	}
	return fetch.Plain(err)
}
