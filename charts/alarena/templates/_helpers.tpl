{{/* Names and labels. Release and chart name are cut so that a component or pool of up to 25 characters survives in 63. */}}

{{- define "alarena.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 30 | trimSuffix "-" }}
{{- end }}

{{- define "alarena.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 30 | trimSuffix "-" }}
{{- else if contains (include "alarena.name" .) .Release.Name }}
{{- .Release.Name | trunc 30 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "alarena.name" .) | trunc 30 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Labels by which selectors find the release's pods; never a version. */}}
{{- define "alarena.selectorLabels" -}}
app.kubernetes.io/name: {{ include "alarena.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "alarena.labels" -}}
{{ include "alarena.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: alarena
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Labels of one workload's pods: dict root, component, pool (name or empty). */}}
{{- define "alarena.workloadLabels" -}}
{{ include "alarena.selectorLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- with .pool }}
alarena.dev/pool: {{ . }}
{{- end }}
{{- end }}

{{/* Name of an image: dict root, which (service, cpu or gpu). */}}
{{- define "alarena.image" -}}
{{- $image := index .root.Values.images .which }}
{{- $name := $image.repository }}
{{- with .root.Values.images.registry }}{{ $name = printf "%s/%s" (trimSuffix "/" .) $name }}{{ end }}
{{- if $image.digest }}
{{- printf "%s@%s" $name $image.digest }}
{{- else }}
{{- printf "%s:%s" $name ($image.tag | default .root.Chart.AppVersion) }}
{{- end }}
{{- end }}

{{- define "alarena.tlsSecret" -}}
{{- .Values.tls.existingSecret | default (printf "%s-tls" (include "alarena.fullname" .)) }}
{{- end }}

{{/* Address of the front door. */}}
{{- define "alarena.server" -}}
{{ include "alarena.fullname" . }}-orchestrator:{{ .Values.components.orchestrator.service.port }}
{{- end }}

{{/* The NATS in use, included or external, as YAML: url, user, secret, passwordKey, credentialsKey, caSecret, replicas, monitoring. */}}
{{- define "alarena.nats" -}}
{{- $values := .Values.nats }}
{{- if $values.enabled }}
{{- $host := printf "%s-nats" (.Release.Name | trunc 30 | trimSuffix "-") }}
{{- $tls := dig "tls" "existingSecret" "" $values }}
url: {{ printf "%s://%s:4222" (ternary "tls" "nats" (ne $tls "")) $host }}
user: {{ $values.auth.user }}
secret: {{ $values.auth.existingSecret }}
passwordKey: password
credentialsKey: ""
caSecret: {{ $tls | quote }}
replicas: {{ dig "replicas" 1 $values }}
monitoring: {{ printf "%s.%s.svc.%s:8222" $host .Release.Namespace .Values.clusterDomain }}
{{- else }}
{{- with .Values.external.nats }}
url: {{ .url | quote }}
user: {{ .user | quote }}
secret: {{ .existingSecret | quote }}
passwordKey: {{ ternary .secretKeys.password "" (and (ne .existingSecret "") (eq .secretKeys.credentials "")) | quote }}
credentialsKey: {{ .secretKeys.credentials | quote }}
caSecret: {{ .caSecret | quote }}
replicas: {{ .replicas }}
monitoring: ""
{{- end }}
{{- end }}
{{- end }}

{{/* The S3 in use, included or external, as YAML: endpoint, bucket, region, prefix, pathStyle, secret, accessKey, secretKey, caSecret. */}}
{{- define "alarena.s3" -}}
{{- $values := .Values.minio }}
{{- if $values.enabled }}
{{- $host := printf "%s-minio" (.Release.Name | trunc 30 | trimSuffix "-") }}
{{- $tls := dig "tls" "existingSecret" "" $values }}
endpoint: {{ printf "%s://%s:9000" (ternary "https" "http" (ne $tls "")) $host }}
bucket: {{ $values.bucket }}
region: us-east-1
prefix: ""
pathStyle: true
secret: {{ $values.auth.existingSecret }}
accessKey: accessKey
secretKey: secretKey
caSecret: {{ $tls | quote }}
{{- else }}
{{- with .Values.external.s3 }}
endpoint: {{ .endpoint | quote }}
bucket: {{ .bucket }}
region: {{ .region }}
prefix: {{ .prefix | quote }}
pathStyle: {{ .pathStyle }}
secret: {{ .existingSecret | quote }}
accessKey: {{ .secretKeys.accessKey }}
secretKey: {{ .secretKeys.secretKey }}
caSecret: {{ .caSecret | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/*
A digest of the contents of all secrets that pods mount: a new certificate or token rolls the pods at the next upgrade.
Empty where there is no cluster to ask (`helm template`).
*/}}
{{- define "alarena.secretsDigest" -}}
{{- $names := list (include "alarena.tlsSecret" .) .Values.auth.existingSecret }}
{{- range $backend := list (include "alarena.nats" . | fromYaml) (include "alarena.s3" . | fromYaml) }}
{{- $names = concat $names (list $backend.secret $backend.caSecret) }}
{{- end }}
{{- $contents := list }}
{{- range $names | compact | uniq | sortAlpha }}
{{- $contents = append $contents (dig "data" dict (lookup "v1" "Secret" $.Release.Namespace . | default dict)) }}
{{- end }}
{{- $contents | toJson | sha256sum }}
{{- end }}

{{/* Every pool's workloads as a YAML list of dict component, pool, spec; components as one of component, spec. */}}
{{- define "alarena.workloads" -}}
{{- range $name, $own := .Values.components }}
{{- if $own }}
- component: {{ $name }}
  pool: ""
  {{- /* The strategies' matrix products are TensorFlow's. */}}
  image: {{ ternary "cpu" "service" (eq $name "strategy") }}
  spec: {{ mergeOverwrite (deepCopy $.Values.defaults) (deepCopy $own) | toJson }}
{{- end }}
{{- end }}
{{- range $pool, $own := .Values.pools }}
{{- if $own }}
{{- range $component := list "trainer" "inference" }}
{{- $both := mergeOverwrite (deepCopy $.Values.defaults) (deepCopy $.Values.poolDefaults) (deepCopy $own) }}
{{- $spec := mergeOverwrite (omit $both "trainer" "inference") (deepCopy (index $both $component)) }}
{{- if $spec.enabled }}
- component: {{ $component }}
  pool: {{ $pool }}
  image: {{ $spec.image | default $spec.device }}
  spec: {{ $spec | toJson }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
