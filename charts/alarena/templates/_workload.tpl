{{/*
The pod of one component or pool: dict root, name, component, pool, image, spec. Numbers of `spec` come through JSON
as floats, hence `int`.
*/}}

{{- define "alarena.pod" -}}
{{- $root := .root }}
{{- $spec := .spec }}
{{- $serves := hasKey $spec "service" }}
{{- $nats := include "alarena.nats" $root | fromYaml }}
{{- $s3 := include "alarena.s3" $root | fromYaml }}
{{- $gpu := and .pool (eq $spec.device "gpu") }}
metadata:
  labels:
    {{- include "alarena.workloadLabels" . | nindent 4 }}
    app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
    app.kubernetes.io/part-of: alarena
    {{- with $root.Values.commonLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with $spec.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/secrets: {{ include "alarena.secretsDigest" $root }}
    {{- if and .pool (not $spec.spot) }}
    # A busy worker's node is not taken for the sake of tidiness; idle workers are removed by the scaler.
    cluster-autoscaler.kubernetes.io/safe-to-evict: "false"
    karpenter.sh/do-not-disrupt: "true"
    {{- end }}
    {{- with $spec.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "alarena.fullname" $root }}-{{ ternary "worker" .component (ne .pool "") }}
  automountServiceAccountToken: {{ $spec.kubernetesApi | default false }}
  # A Service `…-dataset-store` would otherwise become a variable ALARENA_DATASET_STORE_PORT=tcp://….
  enableServiceLinks: false
  {{- with $root.Values.images.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- if $gpu }}
  {{- with $spec.runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  {{- end }}
  {{- with $spec.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  terminationGracePeriodSeconds: {{ include "alarena.graceSeconds" $spec }}
  securityContext:
    {{- toYaml $spec.podSecurityContext | nindent 4 }}
  containers:
    - name: {{ .component }}
      image: {{ include "alarena.image" (dict "root" $root "which" .image) }}
      imagePullPolicy: {{ $root.Values.images.pullPolicy }}
      args: [services/{{ .component }}/dist/main.js]
      securityContext:
        {{- toYaml $spec.securityContext | nindent 8 }}
      env:
        {{- include "alarena.environment" (dict "root" $root "component" .component "pool" .pool "spec" $spec "nats" $nats "s3" $s3 "serves" $serves) | nindent 8 }}
      ports:
        {{- if $serves }}
        - { name: grpc, containerPort: {{ int $spec.service.port }} }
        {{- end }}
        - { name: ops, containerPort: {{ int $root.Values.metrics.port }} }
      # By HTTP on the port of metrics: the kubelet's own gRPC probes cannot do TLS.
      # It answers before anything is waited for: a service that waits for NATS or the object store lives and is not ready.
      startupProbe:
        httpGet: { path: /livez, port: ops }
        periodSeconds: 2
        failureThreshold: 30
      livenessProbe:
        httpGet: { path: /livez, port: ops }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: ops }
        periodSeconds: 5
        timeoutSeconds: 3
        failureThreshold: 2
      {{- if gt (int $spec.preStopSeconds) 0 }}
      lifecycle:
        preStop:
          sleep: { seconds: {{ int $spec.preStopSeconds }} }
      {{- end }}
      resources:
        {{- include "alarena.resources" (dict "spec" $spec "gpu" $gpu) | nindent 8 }}
      volumeMounts:
        - { name: home, mountPath: /var/lib/alarena }
        - { name: tmp, mountPath: /tmp }
        {{- if $nats.secret }}
        - { name: nats, mountPath: /etc/alarena/nats, readOnly: true }
        {{- end }}
        {{- if $nats.caSecret }}
        - { name: nats-ca, mountPath: /etc/alarena/nats-ca, readOnly: true }
        {{- end }}
        - { name: s3, mountPath: /etc/alarena/s3, readOnly: true }
        {{- if $s3.caSecret }}
        - { name: s3-ca, mountPath: /etc/alarena/s3-ca, readOnly: true }
        {{- end }}
        {{- if $serves }}
        - { name: tls, mountPath: /etc/alarena/tls, readOnly: true }
        {{- if $root.Values.auth.existingSecret }}
        - { name: auth, mountPath: /etc/alarena/auth, readOnly: true }
        {{- end }}
        {{- end }}
        {{- if $gpu }}
        - { name: shared-memory, mountPath: /dev/shm }
        {{- end }}
        {{- with $spec.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: home
      emptyDir: { sizeLimit: {{ add (int $spec.cacheGiB) (int $spec.scratchGiB) }}Gi }
    - name: tmp
      emptyDir: { sizeLimit: 1Gi }
    {{- if $nats.secret }}
    - name: nats
      secret:
        secretName: {{ $nats.secret }}
        defaultMode: 0440
        items:
          {{- with $nats.passwordKey }}
          - { key: {{ . }}, path: password }
          {{- end }}
          {{- with $nats.credentialsKey }}
          - { key: {{ . }}, path: credentials }
          {{- end }}
    {{- end }}
    {{- if $nats.caSecret }}
    - name: nats-ca
      secret:
        secretName: {{ $nats.caSecret }}
        defaultMode: 0440
        items: [{ key: ca.crt, path: ca.crt }]
    {{- end }}
    - name: s3
      secret:
        secretName: {{ $s3.secret }}
        defaultMode: 0440
        items:
          - { key: {{ $s3.accessKey }}, path: access-key }
          - { key: {{ $s3.secretKey }}, path: secret-key }
    {{- if $s3.caSecret }}
    - name: s3-ca
      secret:
        secretName: {{ $s3.caSecret }}
        defaultMode: 0440
        items: [{ key: ca.crt, path: ca.crt }]
    {{- end }}
    {{- if $serves }}
    - name: tls
      secret:
        secretName: {{ include "alarena.tlsSecret" $root }}
        defaultMode: 0440
        items:
          - { key: {{ $root.Values.tls.secretKeys.cert }}, path: tls.crt }
          - { key: {{ $root.Values.tls.secretKeys.key }}, path: tls.key }
          - { key: {{ $root.Values.tls.secretKeys.ca }}, path: ca.crt }
    {{- with $root.Values.auth.existingSecret }}
    - name: auth
      secret:
        secretName: {{ . }}
        defaultMode: 0440
        items: [{ key: {{ $root.Values.auth.secretKeys.tokens }}, path: tokens }]
    {{- end }}
    {{- end }}
    {{- if $gpu }}
    - name: shared-memory
      emptyDir: { medium: Memory, sizeLimit: {{ int $spec.sharedMemoryGiB }}Gi }
    {{- end }}
    {{- with $spec.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $spec.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $spec.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- $tolerations := $spec.tolerations }}
  {{- if $gpu }}
  {{- $tolerations = append $tolerations (dict "key" "nvidia.com/gpu" "operator" "Exists" "effect" "NoSchedule") }}
  {{- end }}
  {{- with $tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $spec.topologySpreadConstraints }}
  {{- $own := dict "labelSelector" (dict "matchLabels" (include "alarena.workloadLabels" . | fromYaml)) }}
  topologySpreadConstraints:
    {{- range $spec.topologySpreadConstraints }}
    - {{ merge (deepCopy .) $own | toJson }}
    {{- end }}
  {{- end }}
{{- end }}

{{/* Seconds until a pod is killed: the limit of calls and tasks, what the service adds for handing back and closing, and a margin. */}}
{{- define "alarena.graceSeconds" -}}
{{- if .spot }}
{{- 30 }}
{{- else }}
{{- add (int .shutdownSeconds) (int .preStopSeconds) 20 }}
{{- end }}
{{- end }}

{{- define "alarena.resources" -}}
{{- $resources := deepCopy .spec.resources }}
{{- if .gpu }}
{{- $gpus := dict .spec.gpuResource (int .spec.gpus) }}
{{- $resources = mergeOverwrite $resources (dict "limits" (merge $gpus (default dict $resources.limits))) }}
{{- end }}
{{- toYaml $resources }}
{{- end }}
