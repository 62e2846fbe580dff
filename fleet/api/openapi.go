package api

import (
	"cmp"
	"encoding"
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"time"

	"github.com/ruleids/ruleids/fleet/store"
)

func (c *call) openAPI() (any, error) { return c.api.OpenAPI(), nil }

// OpenAPI describes the routes (OpenAPI 3.1, https://spec.openapis.org/oas/v3.1.0). Schemas are those of the Go types.
func (a *API) OpenAPI() map[string]any {
	paths := map[string]any{}
	fault := map[string]any{"description": "What is wrong.", "content": map[string]any{"application/json": map[string]any{
		"schema":  map[string]any{"type": "object", "required": []string{"error"}, "properties": map[string]any{"error": map[string]any{"type": "string"}}},
		"example": map[string]string{"error": "this needs the role admin; siem has the role viewer"}}}}
	for _, r := range a.Routes() {
		path := strings.ReplaceAll(r.Path, "...}", "}")
		op := map[string]any{"summary": r.Summary, "operationId": strings.ToLower(r.Method) + strings.NewReplacer("/api/v1", "", "/", "_", "{", "", "}", "", ".", "_").Replace(path)}
		if r.Role == "" {
			op["security"] = []any{}
		} else {
			op["description"] = "Needs the role " + string(r.Role) + "."
		}
		params := []any{}
		for _, p := range r.Params {
			x := map[string]any{"name": strings.TrimSuffix(p.Name, "..."), "in": p.In, "description": p.Doc, "required": p.In == "path", "schema": map[string]any{"type": "string"}}
			if p.Example != "" {
				x["example"] = p.Example
			}
			params = append(params, x)
		}
		if len(params) > 0 {
			op["parameters"] = params
		}
		if r.Body != nil {
			content := map[string]any{"example": r.Body}
			kind := r.Type
			if kind == "" {
				kind = "application/json"
				content["schema"] = schemaOf(reflect.TypeOf(r.Body), 0)
			} else {
				content["schema"] = map[string]any{"type": "string"}
			}
			op["requestBody"] = map[string]any{"required": true, "content": map[string]any{kind: content}}
		}
		code, answer := "200", map[string]any{"description": r.Summary + "."}
		if r.Created {
			code = "201"
		}
		if r.Reply != nil {
			answer["content"] = map[string]any{"application/json": map[string]any{"schema": schemaOf(reflect.TypeOf(r.Reply), 0)}}
		} else {
			answer["content"] = map[string]any{r.ReplyType: map[string]any{"schema": map[string]any{"type": "string"}}}
		}
		op["responses"] = map[string]any{code: answer, "default": fault}
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		paths[path].(map[string]any)[strings.ToLower(r.Method)] = op
	}
	return map[string]any{
		"openapi": "3.1.0",
		"info":    map[string]any{"title": "ruleids server", "version": a.opt.Version, "description": "Alerts, agents, decisions and rule sets of a fleet. Give a key as Authorization: Bearer KEY."},
		"paths":   paths,
		"components": map[string]any{"securitySchemes": map[string]any{
			"key": map[string]any{"type": "http", "scheme": "bearer"}, "session": map[string]any{"type": "apiKey", "in": "cookie", "name": cookie}}},
		"security": []any{map[string]any{"key": []any{}}, map[string]any{"session": []any{}}},
	}
}

// maxDepth bounds schemas of types that refer to themselves, of which there are none.
const maxDepth = 8

// schemaOf returns the JSON schema of a type as package json writes it.
func schemaOf(t reflect.Type, depth int) map[string]any {
	nullable := false
	for t.Kind() == reflect.Pointer {
		t, nullable = t.Elem(), true
	}
	s := plainSchema(t, depth)
	if kind, ok := s["type"].(string); ok && nullable && depth > 0 {
		s["type"] = []string{kind, "null"}
	}
	return s
}

func plainSchema(t reflect.Type, depth int) map[string]any {
	switch {
	case depth > maxDepth:
		return map[string]any{}
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[store.Stored]():
		return map[string]any{"type": "object", "description": "An alert: EVE JSON with our keys under ruleids, and id, agent and received.", "required": []string{"id", "agent", "received", "timestamp", "event_type", "alert", "ruleids"},
			"properties": map[string]any{"id": map[string]any{"type": "string"}, "agent": map[string]any{"type": "string"}, "received": map[string]any{"type": "string"}, "timestamp": map[string]any{"type": "string"},
				"event_type": map[string]any{"const": "alert"}, "src_ip": map[string]any{"type": "string"}, "dest_ip": map[string]any{"type": "string"}, "alert": map[string]any{"type": "object"}, "ruleids": map[string]any{"type": "object"}}}
	case t.Implements(reflect.TypeFor[json.Marshaler]()):
		return map[string]any{}
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Uint64, reflect.Int32, reflect.Uint32, reflect.Uint16, reflect.Uint8:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), depth+1)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem(), depth+1)}
	case reflect.Struct:
		properties, required := map[string]any{}, []string{}
		for i := range t.NumField() {
			f := t.Field(i)
			tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous && tag == "" {
				inner := schemaOf(f.Type, depth)
				maps.Copy(properties, inner["properties"].(map[string]any))
				required = append(required, inner["required"].([]string)...)
				continue
			}
			if !f.IsExported() || tag == "-" {
				continue
			}
			tag = cmp.Or(tag, f.Name)
			properties[tag] = schemaOf(f.Type, depth+1)
			if !strings.Contains(options, "omit") {
				required = append(required, tag)
			}
		}
		return map[string]any{"type": "object", "properties": properties, "required": required}
	}
	return map[string]any{}
}
