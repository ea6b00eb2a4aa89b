{{/* Parts of network policies. */}}

{{- define "alarena.dnsEgress" -}}
- to:
    {{- toYaml .Values.networkPolicy.dns | nindent 4 }}
  ports: [{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }]
{{- end }}

{{/* Peers of address ranges, as JSON. */}}
{{- define "alarena.cidrs" -}}
{{- $peers := list }}
{{- range . }}{{ $peers = append $peers (dict "ipBlock" (dict "cidr" .)) }}{{ end }}
{{- $peers | toJson }}
{{- end }}

{{/* Port of a URL: dict url, default. */}}
{{- define "alarena.port" -}}
{{- $host := (urlParse .url).host }}
{{- if contains ":" $host }}{{ regexFind "[0-9]+$" $host }}{{ else }}{{ .default }}{{ end }}
{{- end }}
