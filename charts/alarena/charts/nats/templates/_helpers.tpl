{{- define "nats.fullname" -}}
{{ .Release.Name | trunc 30 | trimSuffix "-" }}-nats
{{- end }}

{{- define "nats.selectorLabels" -}}
app.kubernetes.io/name: nats
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "nats.labels" -}}
{{ include "nats.selectorLabels" . }}
app.kubernetes.io/component: nats
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: alarena
{{- end }}

{{- define "nats.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default (printf "%s-alpine" $.Chart.AppVersion) }}{{ end }}
{{- end }}
{{- end }}

{{- define "nats.config" -}}
server_name: $POD_NAME
port: 4222
http: 8222
pid_file: /tmp/nats.pid
lame_duck_grace_period: 10s
lame_duck_duration: 30s
jetstream {
  store_dir: /data
  max_file_store: {{ int .Values.maxFileStoreGiB }}GB
  max_memory_store: 0
}
authorization {
  user: {{ .Values.auth.user | quote }}
  # Between quotation marks (see the StatefulSet), since the server reads a variable as a piece of configuration.
  password: $NATS_PASSWORD
}
{{- if .Values.tls.existingSecret }}
tls {
  cert_file: /etc/nats/tls/tls.crt
  key_file: /etc/nats/tls/tls.key
}
{{- end }}
{{- if gt (int .Values.replicas) 1 }}
{{- $full := include "nats.fullname" . }}
cluster {
  name: {{ $full }}
  port: 6222
  no_advertise: true
  routes: [
    {{- range $i := until (int .Values.replicas) }}
    nats://{{ $full }}-{{ $i }}.{{ $full }}-headless:6222
    {{- end }}
  ]
}
{{- end }}
{{- end }}
