import { readFileSync } from 'node:fs'

import { composeFile, repositoryRoot } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

import { type End, PolicyNetwork } from './kubernetes/network-policy.ts'
import { type KubernetesObject, renderChart } from './kubernetes/render-chart.ts'
import { installTools } from './kubernetes/tools.ts'
import { type Connection, linesOf, writtenConnections } from './stack/connections.ts'

const reason = await installTools('helm')
const { services } = composeFile()

/** Everything on, with SQLite and memory as in the compose stack. */
const all = [
  '--set=secretName=swarmwatch,worker.enabled=true,advisor.enabled=true,prometheus.basicAuth=true',
  '--set=collector.tracesEndpoint=jaeger.monitoring:4317,tracesUrl=http://jaeger.monitoring:16686',
  '--set-json=networkPolicy.traces=[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"monitoring"}},"podSelector":{"matchLabels":{"app.kubernetes.io/name":"jaeger"}}}]',
  '--set-json=networkPolicy.agents=[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"agents"}}}]',
]

interface Container {
  readonly name: string
  readonly securityContext: Readonly<Record<string, unknown>>
  readonly resources: { readonly limits: { readonly cpu: string; readonly memory: string } }
  readonly env: readonly { readonly name: string; readonly value?: string }[]
  readonly livenessProbe?: object
  readonly readinessProbe?: object
  readonly startupProbe?: object
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[]
}

interface PodSpec {
  readonly securityContext: Readonly<Record<string, unknown>>
  readonly automountServiceAccountToken: boolean
  readonly terminationGracePeriodSeconds: number
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly containers: readonly Container[]
  readonly volumes: readonly { readonly name: string; readonly hostPath?: object; readonly emptyDir?: object }[]
}

/** Protection of a service in one form, whether compose or a cluster starts it. */
interface Protection {
  readonly user: string
  readonly readOnlyRoot: boolean
  readonly droppedCapabilities: readonly string[]
  readonly addedCapabilities: readonly string[]
  readonly isPrivileged: boolean
  readonly mayGainPrivileges: boolean
  readonly tmp: string
  readonly memory: string
  readonly cpus: number
  readonly stopSeconds: number
  /** Limit of the runtime. */
  readonly heap: string | undefined
}

function ofService(name: string): Protection {
  const service = services[name]!
  const tmp = /^\/tmp:.*size=(\d+m)/.exec(service.tmpfs?.[0] ?? '')?.[1] ?? ''
  return {
    user: service.user!,
    readOnlyRoot: service.read_only === true,
    droppedCapabilities: service.cap_drop ?? [],
    addedCapabilities: service.cap_add ?? [],
    isPrivileged: service.privileged === true,
    mayGainPrivileges: service.security_opt?.includes('no-new-privileges:true') !== true,
    tmp,
    memory: service.mem_limit!,
    cpus: service.cpus!,
    stopSeconds: Number.parseInt(service.stop_grace_period!),
    heap: service.environment?.['GOMEMLIMIT'] ?? service.environment?.['NODE_OPTIONS'],
  }
}

function ofPod(pod: PodSpec): Protection {
  const [container] = pod.containers
  const { capabilities, ...context } = container!.securityContext as {
    capabilities: { drop: string[]; add?: string[] }
  } & Record<string, unknown>
  const { env, resources } = container!
  const tmp = pod.volumes.find(({ name }) => name === 'tmp')?.emptyDir as { medium: string; sizeLimit: string }
  const inCompose = (size: string): string => size.replace(/([MG])i$/, (_, unit: string) => unit.toLowerCase())
  const { cpu } = resources.limits
  const variable = (name: string): string | undefined => env.find((one) => one.name === name)?.value
  return {
    user: `${String(pod.securityContext['runAsUser'])}:${String(pod.securityContext['runAsGroup'])}`,
    readOnlyRoot: context['readOnlyRootFilesystem'] === true,
    droppedCapabilities: capabilities.drop,
    addedCapabilities: capabilities.add ?? [],
    isPrivileged: context['privileged'] === true,
    mayGainPrivileges: context['allowPrivilegeEscalation'] !== false,
    tmp: tmp.medium === 'Memory' ? inCompose(tmp.sizeLimit) : '',
    memory: inCompose(resources.limits.memory),
    cpus: cpu.endsWith('m') ? Number.parseInt(cpu) / 1000 : Number(cpu),
    stopSeconds: pod.terminationGracePeriodSeconds,
    heap: variable('GOMEMLIMIT') ?? variable('NODE_OPTIONS'),
  }
}

const objects = reason === undefined ? await renderChart(all) : []
const pods = new Map(
  objects.flatMap(({ spec, metadata }) => {
    const { template } = (spec ?? {}) as { template?: { spec: PodSpec; metadata: KubernetesObject['metadata'] } }
    const component = metadata.labels?.['app.kubernetes.io/component'] ?? ''
    return template === undefined ? [] : [[component, template] as const]
  }),
)

describe.skipIf(reason !== undefined)('a pod of the chart', () => {
  test('exists for each service that is not provided by the cluster', () => {
    expect([...pods.keys()].toSorted()).toEqual(['advisor', 'agent-worker', 'alert-bridge', 'otel-collector'])
  })

  test.for([...pods.keys()])('%s is protected and limited as in docker-compose.production.yml', (name) => {
    expect(ofPod(pods.get(name)!.spec)).toEqual(ofService(name))
  })

  test.for([...pods.keys()])('%s has a system call filter, no token of the cluster, and nothing of its node', (name) => {
    const { spec } = pods.get(name)!
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(spec.automountServiceAccountToken).toBe(false)
    expect([spec.hostNetwork, spec.hostPID, spec.hostIPC]).toEqual([undefined, undefined, undefined])
    expect(spec.volumes.filter(({ hostPath }) => hostPath !== undefined)).toEqual([])
  })

  test.for([...pods.keys()])('%s has probes of start, life and readiness', (name) => {
    const [container] = pods.get(name)!.spec.containers
    for (const probe of [container!.startupProbe, container!.livenessProbe, container!.readinessProbe])
      expect(probe).toBeDefined()
  })

  test.for([...pods.keys()])('%s mounts the secrets of the compose file, read-only', (name) => {
    const { spec } = pods.get(name)!
    const { secret } = spec.volumes.find((volume) => volume.name === 'secrets') as unknown as {
      secret: { items: { key: string }[] }
    }
    const optional =
      /^(?:alert_|heartbeat_|bridge_heartbeat_|bridge_proxy$|bridge_link_secret$|bridge_oncall_token$|alertmanager_url$|openai_)/
    const inCompose = services[name]!.secrets!.filter((key) => !optional.test(key))
    expect(secret.items.map(({ key }) => key).toSorted()).toEqual(inCompose.toSorted())
    const writable = spec.containers[0]!.volumeMounts.filter(({ readOnly }) => readOnly !== true).map(
      ({ mountPath }) => mountPath,
    )
    const volumes = services[name]!.volumes!.filter((volume) => !volume.startsWith('.')).map((volume) => volume.split(':')[1]!)
    expect(writable.toSorted()).toEqual(['/tmp', ...volumes].toSorted())
  })
})

describe.skipIf(reason !== undefined)('the network policies', () => {
  const network = new PolicyNetwork(objects)
  const { connections, tolerated } = writtenConnections()
  // The chart has no mailbox
  const inCluster = (rows: readonly Connection[]): Connection[] =>
    rows.filter(({ from, to }) => ![from, to].includes('mailpit') && to !== 'outside')
  const ends = new Map<string, End>([
    ...[...pods].map(([name, { metadata }]) => [name, { namespace: 'swarmwatch', labels: metadata.labels ?? {} }] as const),
    ...['prometheus', 'alertmanager', 'grafana', 'jaeger'].map(
      (name) => [name, { namespace: 'monitoring', labels: { 'app.kubernetes.io/name': name } }] as const,
    ),
    // Agents outside the release come from the machine in the compose stack
    ['machine', { namespace: 'agents', labels: {} }],
  ])
  const ports = [3000, 4317, 4318, 8070, 8090, 8095, 8888, 9090, 9093, 13133, 16686]
  /** Every connection that the policies allow and that has a pod of the chart at one end. */
  const allowed = [...ends].flatMap(([from, one]) =>
    [...ends].flatMap(([to, other]) =>
      from !== to && (pods.has(from) || pods.has(to))
        ? ports.filter((port) => network.allows(one, other, port)).map((port) => `${from} -> ${to}:${port}`)
        : [],
    ),
  )

  test('allow exactly the connections of deploy/connections.yaml, in their direction', () => {
    const ofChart = inCluster(connections).filter(({ from, to }) => pods.has(from) || pods.has(to))
    expect(allowed.toSorted()).toEqual(linesOf(ofChart).toSorted())
  })

  test('allow nothing that the compose stack only tolerates', () => {
    expect(allowed.filter((line) => linesOf(inCluster(tolerated)).includes(line))).toEqual([])
  })

  test('allow the way out to the services that have one in the compose stack, and not into the cluster or to its metadata', () => {
    const hasWayOut = (address: string): string[] =>
      [...pods.keys()].filter((name) => network.allows(ends.get(name)!, { address }, 443)).toSorted()
    const listed = connections.filter(({ from, to }) => to === 'outside' && pods.has(from)).map(({ from }) => from)
    expect(hasWayOut('203.0.113.7')).toEqual(listed.toSorted())
    for (const address of ['10.1.2.3', '172.20.0.1', '192.168.1.1', '169.254.169.254', '100.100.0.1']) {
      expect(hasWayOut(address), address).toEqual([])
    }
  })

  test('allow names to be resolved, and a database only to those that use one', async () => {
    const dns: End = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } }
    for (const name of pods.keys()) expect(network.allows(ends.get(name)!, dns, 53), name).toBe(true)
    const database =
      '--set-json=networkPolicy.database=[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"db"}}}]'
    const shared = new PolicyNetwork(await renderChart([...all, database, '--set=bridge.store=postgres']))
    const reaching = [...pods.keys()].filter((name) => shared.allows(ends.get(name)!, { namespace: 'db', labels: {} }, 5432))
    expect(reaching).toEqual(['alert-bridge'])
  })

  test('allow every address that is configured in a pod, a monitor or Alertmanager', () => {
    const configured = [...pods].flatMap(([from, { spec }]) =>
      spec.containers[0]!.env.flatMap(({ name, value = '' }) =>
        name.endsWith('_OPTIONS') ? [] : addressesIn(value).map((to) => `${from} -> ${to}`),
      ),
    )
    expect(configured.toSorted()).toEqual([
      'advisor -> alert-bridge:8090',
      'advisor -> prometheus:9090',
      'agent-worker -> otel-collector:4318',
      'alert-bridge -> jaeger:16686',
      'alert-bridge -> prometheus:9090',
      'otel-collector -> jaeger:4317',
      'otel-collector -> prometheus:9090',
    ])
    expect(configured.filter((line) => !allowed.includes(line))).toEqual([])
    const alertmanager = JSON.stringify(objects.find(({ kind }) => kind === 'AlertmanagerConfig'))
    expect([...new Set(addressesIn(alertmanager))]).toEqual(['alert-bridge:8090'])
    // What the Prometheus of the compose stack reads of these services, the monitors read
    const scraped = parse(readFileSync(`${repositoryRoot}collector/prometheus/prometheus.yaml`, 'utf8')) as {
      scrape_configs: { job_name: string; metric_relabel_configs?: readonly { regex: string }[] }[]
    }
    const jobs = scraped.scrape_configs.filter(({ job_name: job }) => pods.has(job)).map(({ job_name: job }) => job)
    const monitors = objects.filter(({ kind }) => /^(?:Service|Pod)Monitor$/.test(kind))
    const relabelled = JSON.stringify(monitors).matchAll(/"targetLabel":"job","replacement":"([\w-]+)"/g)
    expect([...relabelled].map(([, job]) => job!).toSorted()).toEqual(jobs.toSorted())
    const dropped = scraped.scrape_configs.find(({ job_name: job }) => job === 'otel-collector')?.metric_relabel_configs?.[0]
      ?.regex
    expect(JSON.stringify(monitors.find(({ kind }) => kind === 'PodMonitor'))).toContain(JSON.stringify(dropped))
  })
})

/** `http://swarmwatch-alert-bridge.swarmwatch:8090/...` as `alert-bridge:8090`. */
function addressesIn(text: string): string[] {
  return [...text.matchAll(/(?:https?:\/\/|^)(?:swarmwatch-)?([a-z-]+?)(?:-operated)?(?:\.[a-z]+)?:(\d+)/g)].map(
    ([, host, port]) => `${host}:${port}`,
  )
}
