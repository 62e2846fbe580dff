package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"go.yaml.in/yaml/v3"
)

// chart writes the Helm chart, and for those without Helm its manifests with the values that it comes with.
func (r *release) chart() error {
	files, err := chartFiles(filepath.Join(r.root, "packaging", "helm", "ruleids"), r.version)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := writeTarGz(&b, files, r.date); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.out, "ruleids-chart-"+r.version+".tgz"), b.Bytes(), 0o644); err != nil {
		return err
	}
	manifests, err := render(files, r.version)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, "ruleids-kubernetes.yaml"), manifests, 0o644)
}

// chartFiles returns the files of the chart in a directory, which is of a version from then on.
func chartFiles(root, version string) ([]file, error) {
	files := []file{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if name == "Chart.yaml" {
			text = regexp.MustCompile(`(?m)^(version|appVersion): .*$`).ReplaceAll(text, []byte("$1: "+version))
		}
		files = append(files, file{name: "ruleids/" + filepath.ToSlash(name), mode: 0o644, text: text})
		return nil
	})
	// Helm reads Chart.yaml first.
	slices.SortStableFunc(files, func(a, b file) int { return strings.Count(a.name, "/") - strings.Count(b.name, "/") })
	return files, err
}

// namespace is what pods on the network of the node need where Pod Security admission is on.
const namespace = `apiVersion: v1
kind: Namespace
metadata:
  name: ruleids
  labels:
    pod-security.kubernetes.io/enforce: privileged
`

// render returns the manifests of a chart with its own values, as "helm template ruleids -n ruleids" prints them.
func render(files []file, version string) ([]byte, error) {
	t := template.New("chart").Funcs(sprig.TxtFuncMap())
	t.Funcs(template.FuncMap{
		"include": func(name string, data any) (string, error) {
			var b bytes.Buffer
			err := t.ExecuteTemplate(&b, name, data)
			return b.String(), err
		},
		"toYaml": func(v any) (string, error) {
			var b bytes.Buffer
			e := yaml.NewEncoder(&b)
			e.SetIndent(2)
			err := e.Encode(v)
			return strings.TrimSuffix(b.String(), "\n"), err
		},
	})
	var values map[string]any
	for _, f := range files {
		if f.name == "ruleids/values.yaml" {
			if err := yaml.Unmarshal(f.text, &values); err != nil {
				return nil, fmt.Errorf("%s: %w", f.name, err)
			}
		}
		if strings.HasPrefix(f.name, "ruleids/templates/") {
			if _, err := t.New(f.name).Parse(string(f.text)); err != nil {
				return nil, err
			}
		}
	}
	data := map[string]any{
		"Values":  values,
		"Chart":   map[string]string{"Name": "ruleids", "Version": version, "AppVersion": version},
		"Release": map[string]string{"Name": "ruleids", "Namespace": "ruleids", "Service": "make-release"},
	}
	out := bytes.NewBufferString("# ruleids " + version + " on every node: kubectl apply -f ruleids-kubernetes.yaml\n" + namespace)
	for _, f := range files {
		if !strings.HasPrefix(f.name, "ruleids/templates/") || !strings.HasSuffix(f.name, ".yaml") {
			continue
		}
		var b bytes.Buffer
		if err := t.ExecuteTemplate(&b, f.name, data); err != nil {
			return nil, err
		}
		out.WriteString("---\n")
		out.Write(b.Bytes())
	}
	for d := yaml.NewDecoder(bytes.NewReader(out.Bytes())); ; {
		var object struct{ APIVersion, Kind string }
		if err := d.Decode(&object); err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return nil, fmt.Errorf("the manifests are not YAML: %w", err)
		}
	}
	return out.Bytes(), nil
}
