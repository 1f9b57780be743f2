import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

/** Folders of the repository that the stack of a user has as they are. */
const folders = ['collector/alertmanager', 'collector/jaeger', 'collector/otelcol', 'collector/prometheus', 'grafana']

/** Files of these folders that belong to the reference swarm on several machines. */
const leftOut = new Set(['collector/otelcol/scale.yaml', 'collector/prometheus/prometheus-scale.yaml'])

/**
 * Renders the templates of the stack from the files of the repository's own stack, by path: the same services, without the reference
 * swarm. `${...}` is still for Compose; `__SERVICE__` and the marked regions are for {@link stackFiles}.
 * @throws Error when a file of the repository no longer has a part that is replaced here
 */
export function renderTemplates(root: string = repository): Readonly<Record<string, string>> {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8')
  const copied = folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll(sep, '/').replace(/^\//, '')),
    )
    .filter((path) => !leftOut.has(path))
  const files = {
    'compose.yaml': composeTemplate(read('docker-compose.production.yml')),
    Dockerfile: dockerfileTemplate(read('Dockerfile.production')),
    '.env.production.example': environmentTemplate(read('.env.production.example')),
    'config/production.yaml': settingsTemplate(read('config/production.yaml')),
    'config/production.schema.json': read('config/production.schema.json'),
    'collector/web.template.yaml': read('collector/web.template.yaml'),
    ...Object.fromEntries(copied.toSorted().map((path) => [path, read(path)])),
  }
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, withCommandsOfUsers(text)]))
}

/** Comments and messages name the commands and files that the user of a stack has. */
function withCommandsOfUsers(text: string): string {
  return text
    .replaceAll('npx pnpm@12.21.0 secrets', 'npx swarmwatch secrets')
    .replaceAll('pnpm secrets', 'npx swarmwatch secrets')
    .replaceAll('docker-compose.production.yml', 'compose.yaml')
    .replaceAll('Dockerfile.production', 'Dockerfile')
}

function composeTemplate(source: string): string {
  const header = `# The stack that watches __SERVICE__: npx swarmwatch init wrote it, npx swarmwatch init --update renews it.
#   docker compose --project-directory __FOLDER__ up --detach --wait
# Settings of .env.production are inserted as \${...}; secrets are files and appear in no environment.
# A setting that config/production.yaml also has is written \${...:-}: an empty variable counts as unset, so that the file decides.
# Two services share a network only if one of them connects to the other.

name: __SERVICE__-swarmwatch

`
  const agent = between(source, '  # The agents: the reference swarm;', '  # Takes telemetry from agents')
  return replaceOnce(source, [
    [source.slice(0, source.indexOf('x-hardening: &hardening')), header],
    [agent, `${appService}\n`],
    ['agent-worker-egress: {}', 'app-egress: {}'],
    ['  worker_token: { file: .secrets/worker_token }\n', ''],
    ['  openai_api_key: { file: .secrets/openai_api_key }\n', ''],
    // Images of two projects, which may have different versions, do not replace each other
    ['image: swarmwatch/otel-collector', 'image: __SERVICE__-swarmwatch/otel-collector'],
    ['image: swarmwatch/alert-bridge', 'image: __SERVICE__-swarmwatch/alert-bridge'],
    ['image: swarmwatch/advisor', 'image: __SERVICE__-swarmwatch/advisor'],
    ['target: alert-bridge }', `target: alert-bridge, ${registryArgument} }`],
    ['target: advisor }', `target: advisor, ${registryArgument} }`],
  ])
}

const registryArgument = "args: { NPM_CONFIG_REGISTRY: '${NPM_CONFIG_REGISTRY:-}' }"

const appService = `  # Your service as a container: docker compose --profile app up. Without the profile, it runs outside and sends to 127.0.0.1:4318
  app:
    <<: *hardening
    image: __SERVICE__:latest
    build: { context: __APP_CONTEXT__, dockerfile: __APP_DOCKERFILE__, args: { NPM_CONFIG_REGISTRY: '\${NPM_CONFIG_REGISTRY:-}' } }
    profiles: [app]
    user: '10001:10001'
    mem_limit: 512m
    cpus: 1
    pids_limit: 128
    stop_grace_period: 30s # for runs in progress, then the last export
    networks: [ingest, app-egress]
    ports: ['127.0.0.1:\${APP_PORT:-3000}:\${APP_PORT:-3000}']
    environment:
      NODE_OPTIONS: --max-old-space-size=384
      PORT: \${APP_PORT:-3000}
      OTEL_SERVICE_NAME: __SERVICE__
      OTEL_EXPORTER_OTLP_ENDPOINT: http://otel-collector:4318
      OTEL_RESOURCE_ATTRIBUTES: deployment.environment.name=\${DEPLOYMENT_ENVIRONMENT:-production}
      SWARMWATCH_CONFIG: /etc/swarmwatch/production.yaml
      SWARMWATCH_OTLP_TOKEN_FILE: /run/secrets/otlp_token
      RUNBOOKS_URL: \${RUNBOOKS_URL:-}
      METRICS_EXPORT_INTERVAL: \${METRICS_EXPORT_INTERVAL:-}
      MAX_RETRIES: \${MAX_RETRIES:-}
      BASE_RETRY_DELAY: \${BASE_RETRY_DELAY:-}
      MAX_RETRY_DELAY: \${MAX_RETRY_DELAY:-}
      RETRY_EXPONENTIAL_FACTOR: \${RETRY_EXPONENTIAL_FACTOR:-}
      STALL_TIMEOUT: \${STALL_TIMEOUT:-}
    secrets: [otlp_token]
    volumes: ['./config:/etc/swarmwatch:ro,z']
    healthcheck:
      test:
        [
          CMD,
          node,
          --eval,
          'require("node:net").connect(process.env.PORT, "127.0.0.1").on("connect", () => process.exit(0)).on("error", () => process.exit(1))',
        ]
      interval: 10s
      timeout: 5s
      retries: 3
      start_period: 20s
`

/** Images of the bridge and the advisor come from npm instead of from a checkout. */
function dockerfileTemplate(source: string): string {
  const version = /image\.version="([^"]+)"/.exec(between(source, 'FROM node AS alert-bridge', 'EXPOSE 8090'))?.[1]
  if (version === undefined) throw new Error('Dockerfile.production has no version of the alert bridge')
  const header = `# Builds the images of compose.yaml that no registry has. The bridge and the advisor are npm packages of this version;
# NPM_CONFIG_REGISTRY in .env.production names a registry of your own.

FROM busybox:1.37-musl AS empty
RUN mkdir -m 0700 /empty

FROM node:24-bookworm-slim AS alert-bridge-packages
ARG NPM_CONFIG_REGISTRY
RUN npm install --no-audit --no-fund --omit=dev --prefix /service @swarmwatch/alert-bridge@${version}

FROM node:24-bookworm-slim AS advisor-packages
ARG NPM_CONFIG_REGISTRY
RUN npm install --no-audit --no-fund --omit=dev --prefix /service @swarmwatch/advisor@${version}

`
  const stages = source.slice(source.indexOf('# Node without the package managers'), source.indexOf('# HAProxy in front of'))
  const worker = between(stages, 'FROM node AS agent-worker', 'FROM node AS alert-bridge')
  return `${header}${replaceOnce(stages, [
    [worker, ''],
    ['COPY --from=build /repository/LICENSE /services/alert-bridge ./', 'COPY --from=alert-bridge-packages /service ./'],
    ['COPY --from=build /repository/LICENSE /services/advisor ./', 'COPY --from=advisor-packages /service ./'],
  ])
    .replaceAll('COPY --from=build --chown=10001:10001 /empty', 'COPY --from=empty --chown=10001:10001 /empty')
    .replaceAll('ENV PATH=/app/bin:$PATH', 'ENV PATH=/app/node_modules/.bin:$PATH')
    .trimEnd()}\n`
}

function environmentTemplate(source: string): string {
  const agents = between(source, '# --- Agents ---', '# --- Advisor ---')
  const app = `# --- Your service as a container (--profile app) ---
# Port it listens on, in the container and on this machine (127.0.0.1 only).
APP_PORT=3000

# --- Images ---
# Address of an npm registry of your own, from which the images are built. Empty: the public one.
NPM_CONFIG_REGISTRY=

`
  const series = 'Empty: each-process, and fewer-series with docker-compose.scale.yml.'
  return replaceOnce(source, [
    [agents, app],
    [series, 'Empty: each-process.'],
  ])
}

function settingsTemplate(source: string): string {
  const scripted = between(source, 'prices:\n', '  #   openai/gpt-4.1:')
  return replaceOnce(source, [[scripted, 'prices: {}\n']])
}

function between(text: string, from: string, to: string): string {
  const begin = text.indexOf(from)
  const end = text.indexOf(to, begin)
  if (begin < 0 || end < 0)
    throw new Error(`a template of the stack has no part from ${JSON.stringify(from)} to ${JSON.stringify(to)}`)
  return text.slice(begin, end)
}

function replaceOnce(text: string, replacements: readonly (readonly [from: string, to: string])[]): string {
  return replacements.reduce((current, [from, to]) => {
    if (from === '' || !current.includes(from))
      throw new Error(`a template of the stack has no ${JSON.stringify(from.slice(0, 80))}`)
    return current.replace(from, () => to)
  }, text)
}
