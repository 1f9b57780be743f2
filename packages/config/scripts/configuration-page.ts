import { channelTables, channelVariablesTable, ruleTables, settingsTables } from './tables.ts'

/** `docs/configuration.md`. */
export function configurationPage(): string {
  return `# Configuration

<!-- Generated from packages/config: change the settings there, then run pnpm --filter @swarmwatch/config generate -->

What is set in code wins over the environment, the environment over the file, the file over the defaults. All of it is checked at
the start, and everything that is wrong is told at once, with its path, the rule and the value. Programs then exit with 2,
\`startTelemetry()\` rejects with \`ConfigurationError\`, and \`@swarmwatch/node/register\` lets the application run without telemetry
(with \`SWARMWATCH_STRICT=1\` it ends). What is in force, and where each value came from:

\`\`\`
npx swarmwatch config
\`\`\`

- An empty variable counts as unset, and so does one whose file is empty.
- Every secret can stand in a file: \`NAME_FILE\` names it in place of \`NAME\`. Secrets are shown as \`***\`.
- Times are in seconds.

## Settings

The path is what \`swarmwatch config\` calls a setting, and \`loadConfiguration({ code })\` too.

${settingsTables()}

A variable that is set and looks like a setting but is none (\`METRIC_PORT\`, \`MAX_RETRY\`) is reported at start, with the name that was probably meant.

### OpenTelemetry's variables

These mean what OpenTelemetry's specification says. A variable of the specification that is not listed has no effect, and one line at start says so.

| Variables | Notes |
| --- | --- |
| \`OTEL_EXPORTER_OTLP_ENDPOINT\` | Nothing is exported by OTLP while it is not set. |
| \`OTEL_EXPORTER_OTLP_PROTOCOL\` | http/protobuf is used for every value; \`grpc\` and \`http/json\` are reported. Use the Collector's port for HTTP, 4318. |
| \`OTEL_EXPORTER_OTLP_HEADERS\`, \`OTEL_EXPORTER_OTLP_TIMEOUT\`, \`OTEL_EXPORTER_OTLP_COMPRESSION\`, \`OTEL_EXPORTER_OTLP_CERTIFICATE\`, \`OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE\`, \`OTEL_EXPORTER_OTLP_CLIENT_KEY\` | These and the two above also for one signal: \`OTEL_EXPORTER_OTLP_TRACES_...\`, \`OTEL_EXPORTER_OTLP_METRICS_...\`. \`SWARMWATCH_OTLP_TOKEN\` wins over an authorization header. |
| \`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE\` | cumulative or delta; Prometheus needs cumulative, the default. |
| \`OTEL_METRIC_EXPORT_INTERVAL\`, \`OTEL_METRIC_EXPORT_TIMEOUT\` | In milliseconds. \`METRICS_EXPORT_INTERVAL\`, in seconds, wins over the first. |
| \`OTEL_TRACES_EXPORTER\`, \`OTEL_METRICS_EXPORTER\` | otlp or none; others are reported. \`/metrics\` does not depend on them. |
| \`OTEL_TRACES_SAMPLER\`, \`OTEL_TRACES_SAMPLER_ARG\` | always_on, always_off, traceidratio, each also with parentbased_. |
| \`OTEL_PROPAGATORS\` | tracecontext, baggage, b3, b3multi, none. |
| \`OTEL_SERVICE_NAME\`, \`OTEL_RESOURCE_ATTRIBUTES\` | |
| \`OTEL_SDK_DISABLED\` | true: agents still recover, nothing is measured. |
| \`OTEL_LOG_LEVEL\` | Of OpenTelemetry's own lines. |
| \`OTEL_BSP_SCHEDULE_DELAY\`, \`OTEL_BSP_EXPORT_TIMEOUT\`, \`OTEL_BSP_MAX_QUEUE_SIZE\`, \`OTEL_BSP_MAX_EXPORT_BATCH_SIZE\` | |
| \`OTEL_ATTRIBUTE_COUNT_LIMIT\`, \`OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT\`, \`OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT\`, \`OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT\`, \`OTEL_SPAN_EVENT_COUNT_LIMIT\`, \`OTEL_SPAN_LINK_COUNT_LIMIT\`, \`OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT\`, \`OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT\`, \`OTEL_LINK_ATTRIBUTE_COUNT_LIMIT\`, \`OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT\` | |

### The file itself

| Variable | Default | What it decides |
| --- | --- | --- |
| \`SWARMWATCH_CONFIG\` | \`config/production.yaml\`, if there is one | The settings file, from the folder the program is started in. |

### Alert channels

These complete the channels of the file: where it lists none of a type, a channel is made for it.

${channelVariablesTable()}

### \`swarmwatch event\`

| Variable | Default | What it decides |
| --- | --- | --- |
| \`BRIDGE_URL\` | \`http://127.0.0.1:8090\` | Where the alert bridge is. |
| \`BRIDGE_TOKEN\` | none | **Secret.** What it wants to be shown. Also as a file: \`BRIDGE_TOKEN_FILE\`. |

## The file

\`config/production.yaml\`. Every key may be left out, unknown ones are refused. Editors that know JSON Schema complete and check it by
\`config/production.schema.json\`, which its first line names.

- \`\${NAME}\` takes a variable, \`\${NAME:-default}\` with a default. An unset one is an error, but for a target of a channel, which is then
  off; a line at the start says so. Secrets are taken by \`webhook\`, \`url\`, \`bot_token\` and \`secrets\` only.
- \`recovery.agents\` has limits of single agents by name, with the keys of \`recovery\`; what is left out is as for all agents. They win over the
  variables, which speak of all agents.

### \`alerts.channels\`

A channel whose target is not set is off. Have at least two.

${channelTables()}

### \`alerts.rules\`

${ruleTables()}

In the process a rule that needs a share or a percentile waits for some executions first, so that one failure out of one tells nobody. A
firing alert is over when it has been quiet for two intervals; the critical error rate keeps its warning and the health score silent.

In code channels and rules have the same keys in camel case (\`quietHours\`, \`botToken\`, \`allowedPrivateHosts\`, \`requireTls\`, \`forSeconds\`); mail channels also
take \`host\`, \`port\`, \`user\`, \`password\` and \`from\`, webhooks \`secret\`. Channels in code stand in place of those of the file, a rule in code in
place of those of its name.
`
}
