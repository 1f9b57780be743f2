import { channelDefinitions, secretFileKeys } from '../src/channels/channel-types.ts'
import { asCode, table } from '../src/settings/documented-setting.ts'
import {
  channelTables,
  channelVariablesTable,
  listTable,
  mapTable,
  providerRecoveryTable,
  ruleTables,
  settingsTables,
} from './tables.ts'

/** `docs/configuration.md`. */
export function configurationPage(): string {
  return `# Configuration

<!-- Generated from packages/config: change the settings there, then run pnpm generate -->

Code overrides the environment, which overrides the file, which overrides the defaults. All settings are
checked at the start, and all problems are reported at once, each with its path, the rule and the value.
Programs then exit with 2, \`startTelemetry()\` rejects with \`ConfigurationError\`, and
\`@swarmwatch/node/register\` lets the application run without telemetry (with \`SWARMWATCH_STRICT=1\` it
ends). To print the effective settings and the origin of each:

\`\`\`
npx swarmwatch config
\`\`\`

- An empty variable counts as unset, and so does one whose file is empty.
- Every secret can be in a file: \`NAME_FILE\` names it instead of \`NAME\`. Secrets are shown as \`***\`.
- Times are in seconds.

## Settings

The path is the name of a setting in \`swarmwatch config\` and in \`loadConfiguration({ code })\`.

${settingsTables()}

A variable that is set and looks like a setting but is none (\`METRIC_PORT\`, \`MAX_RETRY\`) is reported at
start, with the name that was probably meant.

### OpenTelemetry's variables

They are read as in OpenTelemetry's specification. A variable of the specification that is not listed has
no effect, and a line at start reports it.

| Variables | Notes |
| --- | --- |
| \`OTEL_EXPORTER_OTLP_ENDPOINT\` | Nothing is exported by OTLP while it is not set. |
| \`OTEL_EXPORTER_OTLP_PROTOCOL\` | http/protobuf is used for every value; \`grpc\` and \`http/json\` are reported. Use the Collector's port for HTTP, 4318. |
| \`OTEL_EXPORTER_OTLP_HEADERS\`, \`OTEL_EXPORTER_OTLP_TIMEOUT\`, \`OTEL_EXPORTER_OTLP_COMPRESSION\`, \`OTEL_EXPORTER_OTLP_CERTIFICATE\`, \`OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE\`, \`OTEL_EXPORTER_OTLP_CLIENT_KEY\` | These and the two above also for one signal: \`OTEL_EXPORTER_OTLP_TRACES_...\`, \`OTEL_EXPORTER_OTLP_METRICS_...\`, \`OTEL_EXPORTER_OTLP_LOGS_...\`. \`SWARMWATCH_OTLP_TOKEN\` overrides an authorization header. |
| \`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE\` | cumulative or delta; Prometheus needs cumulative, the default. |
| \`OTEL_METRIC_EXPORT_INTERVAL\`, \`OTEL_METRIC_EXPORT_TIMEOUT\` | In milliseconds. \`METRICS_EXPORT_INTERVAL\`, in seconds, overrides the first. |
| \`OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT\` | true, SPAN_ONLY or SPAN_AND_EVENT: arguments, results and messages are recorded on spans, without text that looks like a secret. Options in code take precedence. |
| \`OTEL_SEMCONV_STABILITY_OPT_IN\` | gen_ai/dup: the metrics and attributes of version 1.41 of the GenAI conventions are sent as well, for older dashboards. Other values are for other libraries. |
| \`OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN\` | logs: exceptions are log records, exported by OTLP, in place of events of spans; logs/dup: both. Otherwise no log record is exported. |
| \`OTEL_TRACES_EXPORTER\`, \`OTEL_METRICS_EXPORTER\`, \`OTEL_LOGS_EXPORTER\` | otlp or none; others are reported. \`/metrics\` does not depend on them. |
| \`OTEL_TRACES_SAMPLER\`, \`OTEL_TRACES_SAMPLER_ARG\` | always_on, always_off, traceidratio, each also with parentbased_. |
| \`OTEL_PROPAGATORS\` | tracecontext, baggage, b3, b3multi, none. |
| \`OTEL_SERVICE_NAME\`, \`OTEL_RESOURCE_ATTRIBUTES\` | |
| \`OTEL_SDK_DISABLED\` | true: agents still recover, nothing is measured. |
| \`OTEL_LOG_LEVEL\` | Level of OpenTelemetry's own lines. |
| \`OTEL_BSP_SCHEDULE_DELAY\`, \`OTEL_BSP_EXPORT_TIMEOUT\`, \`OTEL_BSP_MAX_QUEUE_SIZE\`, \`OTEL_BSP_MAX_EXPORT_BATCH_SIZE\` | |
| \`OTEL_ATTRIBUTE_COUNT_LIMIT\`, \`OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT\`, \`OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT\`, \`OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT\`, \`OTEL_SPAN_EVENT_COUNT_LIMIT\`, \`OTEL_SPAN_LINK_COUNT_LIMIT\`, \`OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT\`, \`OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT\`, \`OTEL_LINK_ATTRIBUTE_COUNT_LIMIT\`, \`OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT\` | |

### The file itself

| Variable | Default | Meaning |
| --- | --- | --- |
| \`SWARMWATCH_CONFIG\` | \`config/production.yaml\`, if there is one | The settings file, relative to the working directory of the program. |

### Alert channels

These complete the channels of the file. If the file lists no channel of a type, the variables create one.

${channelVariablesTable()}

### \`swarmwatch event\`

| Variable | Default | Meaning |
| --- | --- | --- |
| \`BRIDGE_URL\` | \`http://127.0.0.1:8090\` | Address of the alert bridge. |
| \`BRIDGE_TOKEN\` | none | **Secret.** Token of the alert bridge. Also as a file: \`BRIDGE_TOKEN_FILE\`. |

## The file

\`config/production.yaml\`. Every key may be left out; unknown keys are refused. Editors that support JSON
Schema complete and check it by \`config/production.schema.json\`, which its first line names.

- \`\${NAME}\` inserts a variable, \`\${NAME:-default}\` has a default. An unset variable is an error, except in a
  target of a channel: the channel is then off, and a line at the start reports it. Secrets are allowed
  only in ${listOf(secretFileKeys)}.
- \`recovery.agents\` contains limits of single agents by name, with the keys of \`recovery\`. Limits that are not set
  are the same as for all agents. These limits override the variables, which are for all agents.

### \`recovery.provider\`

What runs do while most calls of their provider and model fail; \`docs/best-practices.md\` describes it. Everything is
off by default. The same keys in \`recovery.agents\` are for one agent, and options in the code of an agent take
precedence:

\`\`\`yaml
recovery:
  provider: { breaker: true, max_wait: 600 }
  agents:
    chat: { provider: { max_wait: 0 } }
\`\`\`

${providerRecoveryTable()}

### \`prices\`

The cost of a model call is what the provider sent, otherwise it is calculated from the price in code, in this
mapping, or in the price table of [@pydantic/genai-prices](https://github.com/pydantic/genai-prices), whose date
\`swarmwatch doctor\` prints; it is never updated at run time. A model without a price has no cost: it is reported
once and counted in \`swarmwatch.price.unknown\`. A key is the name of a model, as in the request or the answer, or
\`provider/model\` (\`openai/gpt-4.1\`), which overrides the name alone. The prices are US dollars per million
tokens:

\`\`\`yaml
prices:
  my-model: { input: 0.5, output: 1.5, cache_read: 0.05 }
\`\`\`

${mapTable('prices')}

### \`providers\`

The provider behind a model server that only you know, such as a gateway, by \`host\` or \`host:port\`, as a value of
\`gen_ai.provider.name\`. Its models have the prices of the provider. Entries in code take precedence:

\`\`\`yaml
providers:
  gateway.internal: openai
  localhost:4000: anthropic
\`\`\`

### \`budgets\`

Limits of one run of an agent, by its name. A run that exceeds one is ended as \`budget_exceeded\`: its signal
aborts, and it is not retried. What the agents use that it calls is part of its use. A line warns at 80 %. A
limit in the code of the agent (\`budget\` of \`instrumentAgent()\`) takes precedence:

\`\`\`yaml
budgets:
  researcher: { usd: 0.5, model_calls: 40, daily: { usd: 50, when_exceeded: refuse } }
\`\`\`

${mapTable('budgets')}

\`daily\` limits what the model and tool calls of the agent itself use from midnight UTC, as providers bill, in
this process: when a limit is used up, new runs end as \`daily_budget_exceeded\`. A process that restarts begins at
0, and each process counts for itself. The alerts DailyBudgetHigh (80 %) and DailyBudgetExceeded compare
the limit with the sum of all processes of a service, restarts included.

### \`loops\`

Limits for runs that repeat themselves, by the name of the agent. A run that calls a tool once more with equal
arguments is ended as \`loop\` and not retried. A limit in the code of the agent (\`loop\` of \`instrumentAgent()\`)
takes precedence:

\`\`\`yaml
loops:
  researcher: { same_tool_call: 5, except: [poll_status] }
\`\`\`

${mapTable('loops')}

### \`quality\`

The least mean score that the answers of an agent should have, by its name and the name of the evaluation, as
\`addScore()\` and \`recordEvaluation()\` record it. The alert AgentQualityLow compares the mean of the last day with it.
AgentQualityDropped needs no objective: it compares with the agent's own week before.

\`\`\`yaml
quality:
  reviewer: { faithfulness: 0.8 }
\`\`\`

### \`alerts.channels\`

A channel whose target is not set is off. Configure at least two channels.

${channelTables()}

### \`alerts.rules\`

${ruleTables()}

In the process, a rule that needs a share or a percentile waits for some executions first, so that one
failure out of one does not raise an alert. An alert is resolved after two intervals without its condition.
While the critical error rate fires, its warning and the alerts on the health score are not sent.

### \`alerts.escalation\`

Whom the alert bridge notifies while no one acknowledges an incident, and when. The steps come on top of the channels
that receive the alert at once. They end when someone acknowledges or silences the incident, and when it is
resolved; when its alerts fire again, they begin again with the first step. \`docs/escalation.md\` is the guide.

\`\`\`yaml
alerts:
  escalation:
    - { after: 0, rotation: first-line }
    - { after: 600, rotation: second-line, repeat: 300 }
    - { after: 1800, recipients: [head-of-operations@example.com, '+491701234567'], repeat: 900 }
\`\`\`

${listTable('escalation')}

A recipient is notified by the first channel of its type: mail addresses by \`email\`, phone numbers by \`sms\`; an id
of Slack is mentioned in the message of \`slack\`. Quiet hours of a channel hold back steps of severity info.

### \`alerts.rotations\`

Who is on call when: people in turn, or a calendar. \`alert-bridge oncall\` prints who is on call now and next.

\`\`\`yaml
alerts:
  rotations:
    - name: first-line
      time_zone: Europe/Berlin
      people:
        - { name: Ada, recipients: [ada@example.com, '+491701234567'] }
        - { name: Grace, recipients: [grace@example.com, 'slack:U012AB3CD'] }
      shift: { length: weekly, starts: 2026-01-05, at: '09:00' }
      overrides:
        - { person: Grace, from: 2026-12-24T09:00, to: 2026-12-27T09:00 }
    - name: second-line
      ical: '\${ONCALL_CALENDAR_URL}'
      people:
        - { name: Alan, recipients: [alan@example.com] }
\`\`\`

${listTable('rotations')}

## In code

Channels, rules, steps and rotations in code have the same keys in camel case (\`quietHours\` for \`quiet_hours\`,
\`forSeconds\` for \`for\`). Channels, steps and rotations in code replace those of the file; a rule in code replaces
those of its name. Some types have keys in code that are variables otherwise:

${codeKeysTable()}
`
}

function codeKeysTable(): string {
  const rows = channelDefinitions.flatMap(({ type, keys }) => {
    const own = Object.entries(keys).flatMap(([name, { about }]) => (about === undefined ? name : []))
    return own.length === 0 ? [] : [[asCode(type), own.map(asCode).join(', ')]]
  })
  return table(['Type', 'Keys'], rows)
}

function listOf(keys: readonly string[]): string {
  return `${keys.slice(0, -1).map(asCode).join(', ')} and ${asCode(keys.at(-1))}`
}
