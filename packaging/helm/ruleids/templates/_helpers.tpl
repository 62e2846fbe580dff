{{- define "ruleids.labels" -}}
app.kubernetes.io/name: ruleids
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
{{- define "ruleids.selector" -}}
app.kubernetes.io/name: ruleids
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
