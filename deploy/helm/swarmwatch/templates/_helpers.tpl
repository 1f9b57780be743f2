{{/* Names and labels. A StatefulSet may have 52 characters, because a label of its pods contains its name: 37, and "-otel-collector" */}}
{{- define "swarmwatch.fullname" -}}
{{- default .Release.Name .Values.fullnameOverride | replace "." "-" | trunc 37 | trimSuffix "-" -}}
{{- end -}}

{{/* Call with (dict "root" $ "component" "alert-bridge") */}}
{{- define "swarmwatch.name" -}}
{{ include "swarmwatch.fullname" .root }}-{{ .component }}
{{- end -}}

{{- define "swarmwatch.selectorLabels" -}}
app.kubernetes.io/name: swarmwatch
app.kubernetes.io/instance: {{ .root.Release.Name | toYaml }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Each label once: those of "labels" replace commonLabels, which replace the chart's; no value replaces a label of the selectors */}}
{{- define "swarmwatch.labels" -}}
{{- $own := dict
  "app.kubernetes.io/version" .root.Chart.AppVersion
  "app.kubernetes.io/part-of" "swarmwatch"
  "app.kubernetes.io/managed-by" .root.Release.Service
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_") -}}
{{ mergeOverwrite $own .root.Values.commonLabels (default dict .labels) (include "swarmwatch.selectorLabels" . | fromYaml) | toYaml }}
{{- end -}}

{{/* Call with "name" for another name than that of the component, "labels" and "annotations" for further ones */}}
{{- define "swarmwatch.metadata" -}}
name: {{ default (include "swarmwatch.name" .) .name | toYaml }}
namespace: {{ .root.Release.Namespace | toYaml }}
labels:
  {{- include "swarmwatch.labels" . | nindent 2 }}
{{- with mergeOverwrite (dict) .root.Values.commonAnnotations (default dict .annotations) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "swarmwatch.serviceAccountName" -}}
{{ default (include "swarmwatch.fullname" .) .Values.serviceAccount.name }}
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
serviceAccountName: {{ include "swarmwatch.serviceAccountName" .root | toYaml }}
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
{{- $selector := dict "matchLabels" (include "swarmwatch.selectorLabels" . | fromYaml) }}
# By default pods of one workload are on different nodes, where there are any
{{- $default := dict "maxSkew" 1 "topologyKey" "kubernetes.io/hostname" "whenUnsatisfiable" "ScheduleAnyway" }}
topologySpreadConstraints:
{{- range default (list $default) .values.topologySpreadConstraints }}
  {{- merge (dict) . (dict "labelSelector" $selector) | list | toYaml | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "swarmwatch.podMetadata" -}}
labels:
  {{- include "swarmwatch.labels" (merge (dict "labels" .values.podLabels) .) | nindent 2 }}
annotations:
  {{- $own := dict "swarmwatch.dev/settings" (include "swarmwatch.settings" .root | sha256sum) }}
  {{- mergeOverwrite $own .root.Values.commonAnnotations .values.podAnnotations | toYaml | nindent 2 }}
{{- end -}}

{{/* config/production.yaml with the values of `settings` over it */}}
{{- define "swarmwatch.settings" -}}
{{ mergeOverwrite (.Files.Get "files/production.yaml" | fromYaml) (deepCopy .Values.settings) | toYaml }}
{{- end -}}

{{/* Variables of a container: the chart's ("own", a YAML list), NAME_FILE for each of "secretKeys", `env` and `extraEnv`. Each name once: */}}
{{- /* a later one replaces an earlier one in its place, because others may refer to it */}}
{{- define "swarmwatch.variables" -}}
{{- $own := .own | fromYamlArray }}
{{- $keys := list }}
{{- range .secretKeys }}
{{- $keys = append $keys (dict "name" (printf "%s_FILE" (upper .)) "value" (printf "/run/secrets/%s" .)) }}
{{- end }}
{{- $env := list }}
{{- range $name, $value := .values.env }}
{{- /* Helm reads every number as a float, and would print 1000000 as 1e+06 */}}
{{- $text := toString $value }}
{{- if kindIs "float64" $value }}{{ if eq (floor $value) $value }}{{ $text = int64 $value | toString }}{{ end }}{{ end }}
{{- $env = append $env (dict "name" $name "value" $text) }}
{{- end }}
{{- range concat $env .values.extraEnv }}
{{- $isSecretUrl := regexMatch "://[^/]*@" (default "" .value) }}
{{- $isSecret := regexMatch "(^|_)(PASSWORD|SECRET|TOKEN|KEY|WEBHOOK|HEARTBEAT_URL|HEARTBEAT_TARGETS|NTFY_URL|BRIDGE_PROXY|DATABASE_URL)(_|$)" .name }}
{{- if and .value (or $isSecretUrl (and $isSecret (not (hasSuffix "_FILE" .name)))) }}
{{- fail (printf "env.%s of %s holds a secret: add the key %s to the Secret, and its name to secretKeys" .name $.component (lower .name)) }}
{{- end }}
{{- end }}
{{- $variables := dict }}
{{- $names := list }}
{{- range concat $own $keys $env .values.extraEnv }}
{{- $names = append $names .name | uniq }}
{{- $_ := set $variables .name . }}
{{- end }}
{{- range $names }}
{{ get $variables . | list | toYaml }}
{{- end }}
{{- end -}}

{{- define "swarmwatch.mounts" -}}
- { name: tmp, mountPath: /tmp }
- { name: secrets, mountPath: /run/secrets, readOnly: true }
- { name: config, mountPath: {{ .configPath }}, readOnly: true }
{{- with .values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
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
{{- with .values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A user who sets minAvailable cannot unset the default of the other one */}}
{{- define "swarmwatch.disruption" -}}
{{- if hasKey . "minAvailable" -}}
minAvailable: {{ .minAvailable }}
{{- else -}}
maxUnavailable: {{ .maxUnavailable }}
{{- end }}
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
