{{/* Environment of a service: what all share, then its own settings. Secrets are files. */}}
{{- define "alarena.environment" -}}
{{- $values := .root.Values }}
{{- $spec := .spec }}
{{- $prefix := printf "ALARENA_%s" (.component | upper | replace "-" "_") }}
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: POD_NAMESPACE
  valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
- name: OTEL_SERVICE_NAME
  valueFrom: { fieldRef: { fieldPath: "metadata.labels['app.kubernetes.io/component']" } }
- name: OTEL_RESOURCE_ATTRIBUTES
  value: {{ include "alarena.resourceAttributes" .root | quote }}
{{- with $values.telemetry.otlpEndpoint }}
- { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }} }
{{- end }}
- { name: ALARENA_WORKER_ID, value: $(POD_NAME) }
- { name: ALARENA_OPS_HOST, value: 0.0.0.0 }
- { name: ALARENA_OPS_PORT, value: {{ int $values.metrics.port | quote }} }
- { name: ALARENA_STORE, value: s3 }
{{- with .s3 }}
- { name: ALARENA_S3_ENDPOINT, value: {{ .endpoint | quote }} }
- { name: ALARENA_S3_BUCKET, value: {{ .bucket | quote }} }
- { name: ALARENA_S3_REGION, value: {{ .region | quote }} }
{{- with .prefix }}
- { name: ALARENA_S3_PREFIX, value: {{ . | quote }} }
{{- end }}
- { name: ALARENA_S3_PATH_STYLE, value: {{ .pathStyle | quote }} }
- { name: ALARENA_S3_ACCESS_KEY_FILE, value: /etc/alarena/s3/access-key }
- { name: ALARENA_S3_SECRET_KEY_FILE, value: /etc/alarena/s3/secret-key }
{{- if .caSecret }}
- { name: ALARENA_S3_CA_FILE, value: /etc/alarena/s3-ca/ca.crt }
{{- end }}
{{- end }}
{{- with .nats }}
- { name: ALARENA_NATS_URL, value: {{ .url | quote }} }
{{- with .user }}
- { name: ALARENA_NATS_USER, value: {{ . | quote }} }
{{- end }}
{{- if .passwordKey }}
- { name: ALARENA_NATS_PASSWORD_FILE, value: /etc/alarena/nats/password }
{{- end }}
{{- if .credentialsKey }}
- { name: ALARENA_NATS_CREDENTIALS_FILE, value: /etc/alarena/nats/credentials }
{{- end }}
{{- if .caSecret }}
- { name: ALARENA_NATS_CA_FILE, value: /etc/alarena/nats-ca/ca.crt }
{{- end }}
- { name: ALARENA_NATS_REPLICAS, value: {{ int .replicas | quote }} }
{{- end }}
{{- if .serves }}
- { name: ALARENA_TLS_CERT_FILE, value: /etc/alarena/tls/tls.crt }
- { name: ALARENA_TLS_KEY_FILE, value: /etc/alarena/tls/tls.key }
{{- if $values.tls.requireClientCertificate }}
- { name: ALARENA_TLS_CLIENT_CA_FILE, value: /etc/alarena/tls/ca.crt }
{{- end }}
{{- with $values.auth }}
{{- if .existingSecret }}
- { name: ALARENA_AUTH_TOKENS_FILE, value: /etc/alarena/auth/tokens }
{{- end }}
{{- if .oidc.issuer }}
- { name: ALARENA_AUTH_ISSUER, value: {{ .oidc.issuer | quote }} }
- { name: ALARENA_AUTH_AUDIENCE, value: {{ .oidc.audience | quote }} }
- { name: ALARENA_AUTH_JWKS, value: {{ .oidc.jwks | quote }} }
- { name: ALARENA_AUTH_ROLE_CLAIM, value: {{ .oidc.roleClaim | quote }} }
{{- end }}
{{- end }}
- { name: {{ $prefix }}_HOST, value: 0.0.0.0 }
- { name: {{ $prefix }}_PORT, value: {{ int $spec.service.port | quote }} }
{{- else }}
# A worker takes its tasks from the queue. Its gRPC port is for a port-forward alone, so it needs no certificate.
- { name: {{ $prefix }}_HOST, value: 127.0.0.1 }
{{- end }}
- { name: {{ $prefix }}_LOG_LEVEL, value: {{ $spec.logLevel }} }
- { name: {{ $prefix }}_SHUTDOWN_LIMIT_MS, value: {{ include "alarena.shutdownMs" $spec | quote }} }
{{- if gt (int $spec.cacheGiB) 0 }}
- { name: {{ $prefix }}_CACHE_BYTES, value: {{ mul (int $spec.cacheGiB) 1073741824 | quote }} }
{{- end }}
{{- if .pool }}
- { name: {{ $prefix }}_POOL, value: {{ .pool }} }
- { name: {{ $prefix }}_SLOTS, value: {{ int $spec.slots | quote }} }
- { name: {{ $prefix }}_THREADS, value: {{ int $spec.threads | quote }} }
{{- end }}
{{- range $name, $value := $spec.settings }}
- { name: {{ $prefix }}_{{ $name }}, value: {{ tpl (toString $value) $.root | quote }} }
{{- end }}
{{- with $spec.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "alarena.shutdownMs" -}}
{{- if .spot }}{{ 10000 }}{{ else }}{{ mul (int .shutdownSeconds) 1000 }}{{ end }}
{{- end }}

{{- define "alarena.resourceAttributes" -}}
{{- $attributes := list
  (printf "service.namespace=%s" .Release.Name)
  (printf "service.version=%s" .Chart.AppVersion)
  (printf "helm.chart.version=%s" .Chart.Version)
  "k8s.namespace.name=$(POD_NAMESPACE)"
  "k8s.pod.name=$(POD_NAME)" }}
{{- range $name, $value := .Values.telemetry.resourceAttributes }}
{{- $attributes = append $attributes (printf "%s=%s" $name $value) }}
{{- end }}
{{- join "," $attributes }}
{{- end }}
