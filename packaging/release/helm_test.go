package main

import (
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

const chartDirectory = "../helm/ruleids"

// helmRenders returns the objects of the chart as Helm makes them, each checked against the types of Kubernetes.
func helmRenders(t *testing.T, values map[string]any) []map[string]any {
	t.Helper()
	c, err := loader.Load(chartDirectory)
	if err != nil {
		t.Fatal(err)
	}
	all, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: "ruleids", Namespace: "ruleids", IsInstall: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := engine.Render(c, all)
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if filepath.Ext(name) == ".yaml" {
			out = append(out, objects(t, texts[name])...)
		}
	}
	return out
}

// objects reads manifests strictly: a field that Kubernetes does not have, or twice, is an error.
func objects(t *testing.T, text string) (out []map[string]any) {
	t.Helper()
	for doc := range strings.SplitSeq(text, "\n---\n") {
		var o map[string]any
		if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
		if o == nil {
			continue
		}
		var typed any
		switch o["kind"] {
		case "DaemonSet":
			typed = &appsv1.DaemonSet{}
		case "ConfigMap":
			typed = &corev1.ConfigMap{}
		case "Namespace":
			typed = &corev1.Namespace{}
		default:
			t.Fatalf("nobody expects a %v", o["kind"])
		}
		if err := yaml.UnmarshalStrict([]byte(doc), typed); err != nil {
			t.Errorf("%v: %v\n%s", o["kind"], err, doc)
		}
		out = append(out, o)
	}
	return out
}

// TestChart has Helm lint and render the chart, with its own values and with others.
func TestChart(t *testing.T) {
	for name, values := range map[string]map[string]any{
		"own": {},
		"all": {"mode": "enforce", "response": map[string]any{"never_block": []any{"192.0.2.0/24"}, "grace": "5m"}, "interfaces": []any{"eth0", "eth1"}, "settings": "log {\n  level = \"debug\"\n}\n", "rules": map[string]any{"a.hcl": "rule \"a\" {\n}\n"},
			"statePath": "", "runAsUser": 65532, "podAnnotations": map[string]any{"a": "b"}, "imagePullSecrets": []any{map[string]any{"name": "s"}},
			"affinity": map[string]any{"nodeAffinity": map[string]any{}}},
	} {
		for _, m := range lint.All(chartDirectory, values, "ruleids", true).Messages {
			if m.Severity >= support.WarningSev {
				t.Errorf("%s: %v", name, m)
			}
		}
		kinds := map[any]int{}
		for _, o := range helmRenders(t, values) {
			kinds[o["kind"]]++
			data, _ := o["data"].(map[string]any)
			if text, ok := data["ruleids.hcl"].(string); ok && name == "all" && !strings.Contains(text, "  grace = \"5m\"\n  never_block = [\"192.0.2.0/24\"]\n}\nlog {\n") {
				t.Errorf("the settings lack something:\n%s", text)
			}
		}
		if want := map[any]int{"ConfigMap": 2, "DaemonSet": 1}; !maps.Equal(kinds, want) {
			t.Errorf("%s: %v, want %v", name, kinds, want)
		}
	}
}

// TestManifests compares the manifests for those without Helm with what Helm makes of the chart.
func TestManifests(t *testing.T) {
	files, err := chartFiles(chartDirectory, "0.0.0")
	if err != nil {
		t.Fatal(err)
	}
	text, err := render(files, "0.0.0")
	if err != nil {
		t.Fatal(err)
	}
	ours := objects(t, string(text))
	if len(ours) == 0 || ours[0]["kind"] != "Namespace" {
		t.Fatal("the first object is no namespace")
	}
	ours = ours[1:]
	helm := helmRenders(t, nil)
	for _, all := range [][]map[string]any{ours, helm} {
		for _, o := range all {
			withoutMaker(o)
		}
	}
	if !reflect.DeepEqual(ours, helm) {
		a, _ := yaml.Marshal(ours)
		b, _ := yaml.Marshal(helm)
		t.Errorf("ours\n%s\nHelm's\n%s", a, b)
	}
}

// withoutMaker removes the label that says who made an object.
func withoutMaker(o any) {
	switch o := o.(type) {
	case map[string]any:
		delete(o, "app.kubernetes.io/managed-by")
		for _, v := range o {
			withoutMaker(v)
		}
	case []any:
		for _, v := range o {
			withoutMaker(v)
		}
	}
}
