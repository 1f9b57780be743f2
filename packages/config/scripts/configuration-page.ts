import { channelTables, ruleTables } from './file-tables.ts'
import { channelVariablesTable, settingsTables } from './settings-tables.ts'

/** `docs/configuration.md`. */
export function configurationPage(): string {
  return `# Configuration

<!-- Generated from packages/config: change the settings there, then run pnpm --filter @swarmwatch/config generate -->

What is set in code wins over the environment, the environment over the file, the file over the defaults. All of it is checked at
the start, and everything that is wrong is told at once, with its path, the rule and the value. Programs then exit with 2,
\`startTelemetry()\` rejects with \`ConfigurationError\`, and \`@swarmwatch/node/register\` lets the application run without telemetry
(with \`SWARMWATCH_STRICT=1\` it ends). What is in force, and where each value came from:

\`\`\`
npx pnpm@12.21.0 exec swarmwatch config
\`\`\`

- An empty variable counts as unset, and so does one whose file is empty.
- Every secret can stand in a file: \`NAME_FILE\` names it in place of \`NAME\`. Secrets are shown as \`***\`.
- Times are in seconds.

## Settings

The path is what \`swarmwatch config\` calls a setting, and \`loadConfiguration({ code })\` too.

${settingsTables()}

OpenTelemetry's own variables (\`OTEL_SERVICE_NAME\`, \`OTEL_EXPORTER_OTLP_ENDPOINT\` and so on) mean what its specification says.

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
