{{/* Names and labels */}}
{{- define "swarmwatch.fullname" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Call with (dict "root" $ "component" "alert-bridge") */}}
{{- define "swarmwatch.name" -}}
{{ include "swarmwatch.fullname" .root }}-{{ .component }}
{{- end -}}

{{- define "swarmwatch.selectorLabels" -}}
app.kubernetes.io/name: swarmwatch
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "swarmwatch.labels" -}}
{{ include "swarmwatch.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: swarmwatch
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "swarmwatch.metadata" -}}
name: {{ include "swarmwatch.name" . }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "swarmwatch.labels" . | nindent 2 }}
{{- end -}}

{{/* Whether a component of deploy/connections.yaml is a pod of this release: "true" or empty */}}
{{- define "swarmwatch.isEnabled" -}}
{{- $keys := dict "alert-bridge" "bridge" "otel-collector" "collector" "agent-worker" "worker" "advisor" "advisor" -}}
{{- with get $keys .component }}{{ if (get $.root.Values .).enabled }}true{{ end }}{{ end -}}
{{- end -}}

{{/* A digest wins over the tag; without both it is the version of the chart */}}
{{- define "swarmwatch.image" -}}
{{- $image := .values.image -}}
{{- with .root.Values.imageRegistry }}{{ trimSuffix "/" . }}/{{ end -}}
{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ default .root.Chart.AppVersion $image.tag }}{{ end -}}
{{- end -}}

{{/* The same protection as x-hardening of docker-compose.production.yml */}}
{{- define "swarmwatch.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "swarmwatch.securityContext" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* What all pods have in common, at the level of the pod's spec */}}
{{- define "swarmwatch.podSpec" -}}
automountServiceAccountToken: false
enableServiceLinks: false
serviceAccountName: {{ include "swarmwatch.fullname" .root }}
securityContext:
  {{- include "swarmwatch.podSecurityContext" . | nindent 2 }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
# Pods of one workload on different nodes, where there are any
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "swarmwatch.selectorLabels" . | nindent 8 }}
{{- end -}}

{{- define "swarmwatch.podMetadata" -}}
labels:
  {{- include "swarmwatch.labels" . | nindent 2 }}
annotations:
  swarmwatch.dev/settings: {{ include "swarmwatch.settings" .root | sha256sum }}
{{- with .values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* config/production.yaml with the values of `settings` over it */}}
{{- define "swarmwatch.settings" -}}
{{ mergeOverwrite (.Files.Get "files/production.yaml" | fromYaml) (deepCopy .Values.settings) | toYaml }}
{{- end -}}

{{/* Variables of `env`, and NAME_FILE for each key of the Secret: call with "secretKeys" */}}
{{- define "swarmwatch.variables" -}}
{{- range $name, $value := .values.env }}
{{- $isSecretUrl := regexMatch "://[^/]*@" (toString $value) }}
{{- if or $isSecretUrl (regexMatch "(^|_)(PASSWORD|SECRET|TOKEN|KEY|WEBHOOK|HEARTBEAT_URL|HEARTBEAT_TARGETS|NTFY_URL|BRIDGE_PROXY|DATABASE_URL)(_|$)" $name) }}
{{- fail (printf "env.%s of %s holds a secret: add the key %s to the Secret, and its name to secretKeys" $name $.component (lower $name)) }}
{{- end }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range .secretKeys }}
- name: {{ upper . }}_FILE
  value: /run/secrets/{{ . }}
{{- end }}
{{- end -}}

{{- define "swarmwatch.mounts" -}}
- { name: tmp, mountPath: /tmp }
- { name: secrets, mountPath: /run/secrets, readOnly: true }
- { name: config, mountPath: {{ .configPath }}, readOnly: true }
{{- end -}}

{{- define "swarmwatch.volumes" -}}
- name: tmp
  emptyDir: { medium: Memory, sizeLimit: 64Mi }
- name: secrets
  secret:
    secretName: {{ include "swarmwatch.secretName" .root }}
    defaultMode: 288 # 0440
    items:
      {{- range .secretKeys }}
      - { key: {{ . }}, path: {{ . }} }
      {{- end }}
- name: config
  configMap:
    name: {{ .configMap }}
{{- end -}}

{{- define "swarmwatch.secretName" -}}
{{ required "secretName is not set: the chart creates no password and no token. Create a Secret with `kubectl create secret generic swarmwatch --from-file=.secrets`, and set secretName to its name" .Values.secretName }}
{{- end -}}

{{/* A persistent volume claim of a StatefulSet: call with "name" and "persistence" */}}
{{- define "swarmwatch.claim" -}}
- metadata:
    name: {{ .name }}
  spec:
    accessModes: {{ toJson .persistence.accessModes }}
    {{- with .persistence.storageClassName }}
    storageClassName: {{ . }}
    {{- end }}
    resources:
      requests:
        storage: {{ .persistence.size }}
{{- end -}}
