import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { imageOf, repositoryRoot, repositoryVersion, runOnce, whyNoEngines, whyNoSums } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'

import { chart, type KubernetesObject, objectsOf, renderChart, renderText, validated } from './kubernetes/render-chart.ts'
import { installTools, runTool } from './kubernetes/tools.ts'

/** The value sets of the chart, by file. */
const valueSets = readdirSync(join(repositoryRoot, chart, 'ci')).toSorted()
const flagsOf = (file: string): string[] => [`--values=${chart}/ci/${file}`]
const minimal = '--set=secretName=swarmwatch'

// What only a cluster can show
console.log('not tried here: there is no cluster; docs/kubernetes.md lists what only a real one can prove')
const reason = await installTools('helm', 'kubeconform')

describe.skipIf(reason !== undefined)('the chart', () => {
  test('has six value sets', () => expect(valueSets).toHaveLength(6))

  test.for(valueSets)('passes helm lint with %s', async (file) => {
    expect(await runTool('helm', ['lint', chart, '--strict', ...flagsOf(file)])).toContain('0 chart(s) failed')
  })

  test.for(valueSets)('renders objects that the schemas of Kubernetes and of the operators accept with %s', async (file) => {
    const text = await renderText(flagsOf(file))
    const { resources, summary } = await validated(text)
    expect(resources).toEqual([])
    const withoutSchema = objectsOf(text).filter(({ kind }) => kind === 'TriggerAuthentication')
    expect(summary).toEqual({
      valid: objectsOf(text).length - withoutSchema.length,
      invalid: 0,
      errors: 0,
      skipped: withoutSchema.length,
    })
  })

  test('is validated strictly: an unknown key of an object is found', async () => {
    const text = (await renderText([minimal])).replace('automountServiceAccountToken: false', 'automountToken: false')
    expect((await validated(text)).resources).toMatchObject([{ kind: 'ServiceAccount', status: 'statusInvalid' }])
  })

  test('is installed by the commands and the values of docs/kubernetes.md', async () => {
    const page = readFileSync(join(repositoryRoot, 'docs/kubernetes.md'), 'utf8')
    const commands = [...page.matchAll(/^ *helm (?:template|install) swarmwatch (.*)$/gm)].map(([, flags]) => flags!.split(' '))
    expect(commands).toHaveLength(2)
    for (const flags of commands)
      expect(objectsOf(await runTool('helm', ['template', 'swarmwatch', ...flags])).length).toBeGreaterThan(20)
    const [, values = ''] = /^```yaml\n(secretName:[\s\S]*?)```$/m.exec(page) ?? []
    const path = join(temporaryFolder(), 'values.yaml')
    writeFileSync(path, values)
    expect((await validated(await renderText([`--values=${path}`]))).resources).toEqual([])
  })

  test('renders the objects that docs/kubernetes.md lists, and no others', async () => {
    const page = readFileSync(join(repositoryRoot, 'docs/kubernetes.md'), 'utf8')
    const rows = [...page.matchAll(/^\| `(\w+)` +\| ([^|]+?) +\| ([^|]+?) +\|$/gm)].map(
      ([, kind, names]) => [kind!, names!] as const,
    )
    const listed = rows.flatMap(([kind, names]) => [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => `${kind} ${name}`))
    const rendered = await Promise.all(
      valueSets.map((file) => renderChart([...flagsOf(file), '--set=fullnameOverride=swarmwatch'])),
    )
    const names = rendered
      .flat()
      .map(({ kind, metadata }) => `${kind} ${metadata.name.replace(/^swarmwatch-?/, '') || 'swarmwatch'}`)
    expect(listed.toSorted()).toEqual([...new Set(names)].toSorted())
  })

  test('knows every value that its schema allows, and reads each of them', () => {
    const schema = JSON.parse(readFileSync(join(repositoryRoot, chart, 'values.schema.json'), 'utf8')) as ValuesSchema
    const values: unknown = parse(readFileSync(join(repositoryRoot, chart, 'values.yaml'), 'utf8'))
    const templates = readdirSync(join(repositoryRoot, chart, 'templates')).map((name) =>
      readFileSync(join(repositoryRoot, chart, 'templates', name), 'utf8'),
    )
    const allowed = pathsOf(schema, schema.definitions)
    // Not in values.yaml: Helm's own, and the other one of a choice
    const optional = /^(?:global$|.*\.ephemeral-storage$|.*\.minAvailable$)/
    expect(allowed.filter((path) => !optional.test(path) && !hasPath(values, path))).toEqual([])
    const names = new Set(
      allowed
        .filter((path) => !/^global$|\.(?:resources|podDisruptionBudget)\./.test(path))
        .map((path) => path.split('.').at(-1)!),
    )
    expect([...names].filter((name) => !templates.some((text) => new RegExp(`[.\\s"]${name}\\b`).test(text)))).toEqual([])
  })

  test('has the settings of config/production.yaml, and those of the values over them', async () => {
    const settings = async (flags: readonly string[]): Promise<unknown> =>
      parse(configMapsNamed(await renderChart([minimal, ...flags]), 'settings')[0]!['production.yaml']!)
    const committed = parse(readFileSync(join(repositoryRoot, 'config/production.yaml'), 'utf8')) as { recovery: object }
    expect(await settings([])).toEqual(committed)
    const recovery = { ...committed.recovery, max_retries: 5 }
    expect(await settings(['--set=settings.recovery.max_retries=5'])).toEqual({ ...committed, recovery })
  })

  test('fits into the Secret in which Helm keeps a release, and each object into the annotation of kubectl apply', async () => {
    const text = await renderText(flagsOf('2-shared-values.yaml'))
    const files = readdirSync(join(repositoryRoot, chart), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('/ci'))
      .map(({ parentPath, name }) => ({ name, data: readFileSync(join(parentPath, name)).toString('base64') }))
    // Helm stores JSON of chart and objects, compressed, as base64; a Secret holds 1 MiB
    const stored = gzipSync(JSON.stringify({ chart: files, manifest: text })).toString('base64')
    expect(stored.length).toBeLessThan(0.75 * 1024 * 1024)
    for (const object of objectsOf(text)) expect(JSON.stringify(object).length, object.metadata.name).toBeLessThan(262_144)
  })

  test('uses images by tag, by digest and from a registry of one own', async () => {
    const images = async (file: string): Promise<string[]> =>
      (await renderChart(flagsOf(file))).flatMap(({ spec }) => imagesOf(spec)).toSorted()
    expect(await images('1-minimal-values.yaml')).toEqual([
      `swarmwatch/alert-bridge:${repositoryVersion}`,
      'swarmwatch/otel-collector:0.165.0',
    ])
    expect(await images('5-digests-values.yaml')).toEqual([
      'registry.example.com/mirror/my-agents:2.3.4',
      'registry.example.com/mirror/swarmwatch/alert-bridge@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
      'registry.example.com/mirror/swarmwatch/otel-collector:0.165.0',
    ])
  })

  test('sets a label, an annotation and a variable once, with the value of the user', async () => {
    const objects = await renderChart(flagsOf('5-digests-values.yaml'))
    for (const { metadata, kind } of objects) {
      expect(metadata.labels, `${kind} ${metadata.name}`).toMatchObject({
        'app.kubernetes.io/part-of': 'platform',
        team: 'agents',
      })
      expect(metadata.annotations).toMatchObject({ 'argocd.argoproj.io/sync-wave': '2' })
    }
    expect(podOf(objects, 'alert-bridge').metadata.labels).toMatchObject({ team: 'agents', 'sidecar.istio.io/inject': 'true' })
    const variables = podOf(objects, 'alert-bridge').spec.containers[0]!.env
    const names = variables.map(({ name }) => name)
    expect(names).toEqual([...new Set(names)])
    expect(Object.fromEntries(variables.map(({ name, value }) => [name, value]))).toMatchObject({
      NODE_OPTIONS: '--max-old-space-size=400',
      BRIDGE_INBOX_LIMIT: '1000000',
      BRIDGE_HOST: '::',
    })
    expect(variables.find(({ name }) => name === 'HOST_IP')).toHaveProperty('valueFrom')
  })

  test.for(['my.release-of-the-agents-team-in-production-in-europe', '2026', 'true'])(
    'has names that a cluster accepts with the release name %s',
    async (release) => {
      const text = await runTool('helm', ['template', release, chart, '--namespace=2026', minimal, '--set=worker.enabled=true'])
      expect((await validated(text)).resources).toEqual([])
      for (const { kind, metadata } of objectsOf(text)) {
        expect(metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
        // the label controller-revision-hash of its pods is the name and up to 11 characters
        if (kind === 'StatefulSet') expect(metadata.name.length).toBeLessThanOrEqual(52)
      }
    },
  )

  test('replaces defaults that cannot be combined with the value of the user', async () => {
    const flags = [minimal, '--set=bridge.store=postgres,bridge.replicas=3,bridge.podDisruptionBudget.minAvailable=2']
    const budget = (await renderChart(flags)).find(({ kind }) => kind === 'PodDisruptionBudget')
    expect(budget?.spec).toMatchObject({ minAvailable: 2 })
    expect(budget?.spec).not.toHaveProperty('maxUnavailable')
    const dashboards = (await renderChart(flagsOf('4-alertmanager-secret-values.yaml'))).filter(
      ({ kind }) => kind === 'GrafanaDashboard',
    )
    expect(dashboards.length).toBeGreaterThan(0)
    for (const { spec } of dashboards) expect(spec).toMatchObject({ instanceSelector: { matchLabels: { team: 'agents' } } })
    for (const { spec } of dashboards) expect(JSON.stringify(spec)).not.toContain('"dashboards":"grafana"')
  })

  test('spreads pods over nodes by default, or as the values describe, within the workload', async () => {
    const matchLabels = {
      'app.kubernetes.io/name': 'swarmwatch',
      'app.kubernetes.io/instance': 'swarmwatch',
      'app.kubernetes.io/component': 'alert-bridge',
    }
    const spread = async (...flags: string[]): Promise<unknown> =>
      podOf(await renderChart([minimal, ...flags]), 'alert-bridge').spec.topologySpreadConstraints
    expect(await spread()).toEqual([
      { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels } },
    ])
    const zones = { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' }
    expect(await spread(`--set-json=bridge.topologySpreadConstraints=${JSON.stringify([zones])}`)).toEqual([
      { ...zones, labelSelector: { matchLabels } },
    ])
  })

  test('listens on IPv6 everywhere with listenAddress', async () => {
    const objects = await renderChart([minimal, '--set=listenAddress=::,worker.enabled=true,advisor.enabled=true'])
    const [config] = configMapsNamed(objects, 'otel-collector')
    expect(parse(config!['overlay.yaml']!)).toMatchObject({
      extensions: { health_check: { endpoint: '[::]:13133' } },
      receivers: { otlp: { protocols: { grpc: { endpoint: '[::]:4317' }, http: { endpoint: '[::]:4318' } } } },
    })
    const variables = ['alert-bridge', 'otel-collector', 'agent-worker', 'advisor'].flatMap(
      (component) => podOf(objects, component).spec.containers[0]!.env,
    )
    const hosts = variables.filter(({ name }) => name.endsWith('_HOST'))
    expect(hosts.map(({ name }) => name)).toEqual(['BRIDGE_HOST', 'OTELCOL_METRICS_HOST', 'WORKER_HOST', 'ADVISOR_HOST'])
    expect(new Set(hosts.map(({ value }) => value))).toEqual(new Set(['::']))
  })

  test('uses a ServiceAccount that exists, and leaves the rules to another release', async () => {
    const objects = await renderChart([
      minimal,
      '--set=serviceAccount.create=false,serviceAccount.name=agents,prometheusOperator.rules=false',
    ])
    const kinds = objects.map(({ kind }) => kind)
    expect(kinds).not.toContain('ServiceAccount')
    expect(kinds).not.toContain('PrometheusRule')
    expect(kinds).toContain('ServiceMonitor')
    expect(podOf(objects, 'alert-bridge').spec.serviceAccountName).toBe('agents')
  })

  test('lets an ingress controller reach the bridge when the values name it', async () => {
    const peers = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } } }]
    const flags = [minimal, `--set-json=networkPolicy.bridgeClients=${JSON.stringify(peers)}`]
    const policies = (await renderChart(flags)).filter(({ kind }) => kind === 'NetworkPolicy')
    const allowing = policies.filter(({ spec }) => JSON.stringify(spec).includes('ingress-nginx'))
    expect(allowing.map(({ metadata }) => metadata.name)).toEqual(['swarmwatch-alert-bridge'])
    expect((allowing[0]!.spec as { ingress: unknown[] }).ingress).toContainEqual({
      from: peers,
      ports: [{ port: 8090, protocol: 'TCP' }],
    })
  })

  test('lets workers reach a Collector elsewhere, and all parts a store that listens on another port', async () => {
    const collector = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'telemetry' } } }]
    const objects = await renderChart([
      minimal,
      '--set=worker.enabled=true,worker.otlpEndpoint=http://otel.telemetry:4318,networkPolicy.prometheusPort=8428',
      `--set-json=networkPolicy.collector=${JSON.stringify(collector)}`,
    ])
    const egressOf = (component: string): { to: unknown; ports?: { port: number }[] }[] =>
      (
        objects.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name.endsWith(component))!.spec as {
          egress: { to: unknown; ports?: { port: number }[] }[]
        }
      ).egress
    expect(egressOf('agent-worker')).toContainEqual({
      to: collector,
      ports: [
        { port: 4317, protocol: 'TCP' },
        { port: 4318, protocol: 'TCP' },
      ],
    })
    for (const component of ['alert-bridge', 'otel-collector']) {
      const ports = egressOf(component).flatMap((rule) => rule.ports?.map(({ port }) => port) ?? [])
      expect(ports).toContain(8428)
      expect(ports).not.toContain(9090)
    }
  })

  test('ends the installation with notes about what is missing, and about no part that is off', async () => {
    const notesOf = async (...flags: string[]): Promise<string> => {
      const output = await runTool('helm', ['install', 'swarmwatch', chart, '--dry-run=client', minimal, ...flags])
      return output.slice(output.indexOf('\nNOTES:'))
    }
    expect(await notesOf()).toMatch(
      /networkPolicy\.agents is empty[\s\S]*statefulset\/swarmwatch-alert-bridge -- alert-bridge drill/,
    )
    const withoutBridge = await notesOf(
      '--set=bridge.enabled=false,alertmanager.kind=none,worker.enabled=true,worker.otlpEndpoint=http://otel.telemetry:4318',
    )
    expect(withoutBridge).toContain('networkPolicy.collector is empty: workers cannot reach http://otel.telemetry:4318')
    expect(withoutBridge).not.toContain('alert-bridge')
    expect(withoutBridge).not.toContain('the bridge')
  })

  test('contains no secret: workloads mount the keys of one Secret that exists', async () => {
    for (const file of valueSets) {
      const text = await renderText(flagsOf(file))
      for (const { kind, stringData } of objectsOf(text)) {
        if (kind === 'Secret') expect(stringData?.['alertmanager.yaml']).not.toMatch(/(?:password|credentials|token): /)
      }
    }
  })

  test.for([
    ['no Secret', [], /secretName is not set: the chart creates no password and no token\. Create a Secret with `kubectl create/],
    [
      'two bridges with a disk each',
      [minimal, '--set=bridge.replicas=2'],
      /bridge\.replicas must be 1 while bridge\.store is sqlite, got 2/,
    ],
    [
      'sums in two Collectors',
      [minimal, '--set=collector.fewerSeries=true'],
      /collector\.replicas must be 1 while collector\.fewerSeries is true, got 2/,
    ],
    [
      'a secret as a variable',
      [minimal, '--set=bridge.env.ALERT_EMAIL_PASSWORD=hunter2'],
      /env\.ALERT_EMAIL_PASSWORD of alert-bridge holds a secret/,
    ],
    [
      'the tokens of other regions as a variable',
      [minimal, '--set=bridge.env.BRIDGE_HEARTBEAT_TARGETS=https://us/api/v1/heartbeats/eu token'],
      /env\.BRIDGE_HEARTBEAT_TARGETS of alert-bridge holds a secret/,
    ],
    [
      'the password of a proxy as a variable',
      [minimal, '--set=bridge.env.HTTPS_PROXY=http://user:hunter2@proxy:3128'],
      /env\.HTTPS_PROXY of alert-bridge holds a secret/,
    ],
    [
      'a secret as an extra variable',
      [minimal, '--set-json=bridge.extraEnv=[{"name":"SLACK_TOKEN","value":"hunter2"}]'],
      /env\.SLACK_TOKEN of alert-bridge holds a secret/,
    ],
    [
      'a ServiceAccount that no one creates',
      [minimal, '--set=serviceAccount.create=false'],
      /serviceAccount\.create is false: serviceAccount\.name must be set/,
    ],
    [
      'a value with a typing mistake',
      [minimal, '--set=bridge.replica=2'],
      /at '\/bridge': additional properties 'replica' not allowed/,
    ],
    [
      'a store that does not exist',
      [minimal, '--set=bridge.store=mysql'],
      /at '\/bridge\/store': value must be one of 'sqlite', 'postgres'/,
    ],
    [
      'a tag as a digest',
      [minimal, '--set=bridge.image.digest=0.1.0'],
      /at '\/bridge\/image\/digest': '0\.1\.0' does not match pattern/,
    ],
    [
      'an unknown setting',
      [minimal, '--set=settings.recovery.max_retry=3'],
      /at '\/settings\/recovery': additional properties 'max_retry' not allowed/,
    ],
    [
      'mail without a server',
      [minimal, '--set=alertmanager.mail.to=ops@example.com'],
      /alertmanager\.mail\.from and alertmanager\.mail\.smarthost/,
    ],
    [
      'alerts for a bridge that is off',
      [minimal, '--set=bridge.enabled=false'],
      /alertmanager\.kind is alertmanager-config, and bridge\.enabled is false/,
    ],
    [
      'workers without a Collector',
      [minimal, '--set=worker.enabled=true,collector.enabled=false'],
      /worker\.otlpEndpoint is not set, and collector\.enabled is false/,
    ],
  ] as const)('does not render with %s, and names it', async ([, flags, message]) => {
    const error: unknown = await renderText(flags).catch((thrown: unknown) => thrown)
    expect(String(error)).toMatch(message)
  })
})

interface ValuesSchema {
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, ValuesSchema>>
  readonly definitions: Readonly<Record<string, ValuesSchema>>
}

/** Paths of all values that a schema names, such as `bridge.image.tag`; not those of config/production.yaml and of a NetworkPolicy. */
function pathsOf(schema: ValuesSchema, definitions: ValuesSchema['definitions'], path = ''): string[] {
  const { properties = {} } = schema.$ref === undefined ? schema : definitions[schema.$ref.split('/').at(-1)!]!
  return Object.entries(properties).flatMap(([name, inner]) => {
    const own = path === '' ? name : `${path}.${name}`
    return own === 'settings' ? [own] : [own, ...pathsOf(inner, definitions, own)]
  })
}

function hasPath(values: unknown, path: string): boolean {
  const parts = path.split('.')
  const parent = parts
    .slice(0, -1)
    .reduce<unknown>((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], values)
  return typeof parent === 'object' && parent !== null && parts.at(-1)! in parent
}

interface Pod {
  readonly metadata: KubernetesObject['metadata']
  readonly spec: {
    readonly serviceAccountName: string
    readonly topologySpreadConstraints: readonly unknown[]
    readonly containers: readonly { readonly env: readonly { readonly name: string; readonly value?: string }[] }[]
  }
}

/** The template of the pods of a component. */
function podOf(objects: readonly KubernetesObject[], component: string): Pod {
  const found = objects.find(
    ({ kind, metadata }) => /^(?:StatefulSet|Deployment)$/.test(kind) && metadata.name.endsWith(component),
  )
  return (found!.spec as { template: Pod }).template
}

/** Arguments of the container of a component that is a StatefulSet. */
function argumentsOf(objects: readonly KubernetesObject[], component: string): readonly string[] {
  const found = objects.find(({ kind, metadata }) => kind === 'StatefulSet' && metadata.name.endsWith(component))
  const { template } = found!.spec as { template: { spec: { containers: { args: string[] }[] } } }
  return template.spec.containers[0]!.args
}

function imagesOf(spec: unknown): string[] {
  const { template } = (spec ?? {}) as { template?: { spec: { containers: { image: string }[] } } }
  return template?.spec.containers.map(({ image }) => image) ?? []
}

const noDocker = whyNoEngines('prometheus', 'alertmanager', 'otel-collector')

describe.skipIf(reason !== undefined || noDocker !== undefined)('the real programs accept what the chart renders', () => {
  test.for(valueSets)('Prometheus accepts the rules with %s', async (file) => {
    const rules = (await renderChart(flagsOf(file))).filter(({ kind }) => kind === 'PrometheusRule')
    if (file === '6-bridge-alone-values.yaml') return expect(rules).toEqual([])
    const files = Object.fromEntries(rules.map(({ metadata, spec }) => [`${metadata.name}.yaml`, stringify(spec)]))
    const args = ['check', 'rules', '--lint=all', '--lint-fatal', ...Object.keys(files).map((name) => `/rules/${name}`)]
    const { code, output } = await runOnce(imageOf('prometheus'), 'promtool', args, { '/rules': folderWith(files) })
    expect(code, output).toBe(0)
  })

  test('links of alerts are to the addresses of the values, or to the external labels of Prometheus', async () => {
    const rules = async (flags: readonly string[]): Promise<string> =>
      JSON.stringify((await renderChart([minimal, ...flags])).filter(({ kind }) => kind === 'PrometheusRule'))
    const linked = await rules(['--set=grafanaUrl=https://grafana.test,runbooksUrl=https://runbooks.test/docs'])
    expect(linked).not.toContain('externalLabels')
    expect(linked).toContain('https://runbooks.test/docs/SwarmHealthLow.md')
    expect(await rules([])).toContain('{{ $externalLabels.runbooks_url }}/SwarmHealthLow.md')
  })

  test.for(valueSets)('the Collector accepts its configuration with %s', async (file) => {
    const objects = await renderChart(flagsOf(file))
    const [config] = configMapsNamed(objects, 'otel-collector')
    if (file === '6-bridge-alone-values.yaml') return expect(config).toBeUndefined()
    const files = argumentsOf(objects, 'otel-collector')
    const sums = '--config=/etc/otelcol/fewer-series.yaml'
    expect(files.filter((one) => one === sums)).toHaveLength(file === '3-hpa-values.yaml' ? 1 : 0)
    const noSums = whyNoSums()
    if (files.includes(sums) && noSums !== undefined) console.log(`without fewer-series.yaml: ${noSums}`)
    const secrets = { otlp_token: 'test-otlp-token-1234567890', prometheus_basic_auth: 'dGVzdDp0ZXN0' }
    const args = ['validate', ...files.filter((one) => one !== sums || noSums === undefined)]
    const mounts = { '/etc/otelcol': folderWith(config!), '/run/secrets': folderWith(secrets) }
    const { code, output } = await runOnce(imageOf('otel-collector'), '/otelcol-contrib', args, mounts)
    expect(code, output).toBe(0)
  })

  test('Alertmanager accepts its whole configuration, with mail and with its secrets as files', async () => {
    const objects = await renderChart(flagsOf('4-alertmanager-secret-values.yaml'))
    const text = objects.find(({ kind }) => kind === 'Secret')?.stringData?.['alertmanager.yaml'] ?? ''
    expect(text).toContain('credentials_file: /etc/alertmanager/secrets/swarmwatch/bridge_token')
    expect(text).toContain('url: http://swarmwatch-alert-bridge.swarmwatch:8090/api/v1/alerts')
    expect(text).toContain('to: ops@example.com')
    const mounts = { '/etc/am': folderWith({ 'alertmanager.yaml': text }) }
    const { code, output } = await runOnce(
      imageOf('alertmanager'),
      'amtool',
      ['check-config', '/etc/am/alertmanager.yaml'],
      mounts,
    )
    expect(code, output).toBe(0)
  })
})

/** A folder with these files that the user of a container can read. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const path = temporaryFolder()
  chmodSync(path, 0o755)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}

function configMapsNamed(objects: readonly KubernetesObject[], component: string): Readonly<Record<string, string>>[] {
  return objects.flatMap(({ kind, metadata, data }) =>
    kind === 'ConfigMap' && metadata.labels?.['app.kubernetes.io/component'] === component && data !== undefined ? [data] : [],
  )
}
