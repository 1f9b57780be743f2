import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { type Container, eventually, type Network } from '@swarmwatch/testkit'

import type { KubernetesObject } from './render-chart.ts'

interface HttpProbe {
  readonly httpGet?: { readonly path: string; readonly port: string }
  readonly tcpSocket?: { readonly port: string }
}

interface PodSpec {
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number; readonly fsGroup: number }
  readonly containers: readonly {
    readonly image: string
    readonly command?: readonly string[]
    readonly args?: readonly string[]
    readonly env: readonly {
      readonly name: string
      readonly value?: string
      readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } }
    }[]
    readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
    readonly resources?: { readonly limits: { readonly memory: string } }
    readonly securityContext: {
      readonly readOnlyRootFilesystem: boolean
      readonly allowPrivilegeEscalation: boolean
      readonly capabilities: { readonly drop: readonly string[] }
    }
    readonly startupProbe: HttpProbe
    readonly livenessProbe: HttpProbe
    readonly readinessProbe: HttpProbe
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
  }[]
  readonly volumes: readonly {
    readonly name: string
    readonly emptyDir?: { readonly sizeLimit: string }
    readonly configMap?: { readonly name: string }
    readonly secret?: { readonly items: readonly { readonly key: string; readonly path: string }[] }
  }[]
}

/** Options of {@link runPod}. */
export interface RunPodOptions {
  readonly network: Network
  /** An empty folder for the files of its volumes. */
  readonly folder: string
  /** All objects of the chart. */
  readonly objects: readonly KubernetesObject[]
  /** Values of the Secret by key; one that the pod mounts and that is missing is an error. */
  readonly secrets: Readonly<Record<string, string>>
  /** Docker volumes by the name of a volume of the pod; others are in memory. @default none */
  readonly disks?: Readonly<Record<string, string>>
}

/**
 * Starts the pod of a component in a container, as a node would: its user, protection, memory, variables, files and arguments. Resolves when
 * the addresses of all three probes answer as the kubelet expects. `name` is its host name, without the prefix of the release for the first one.
 */
export async function runPod(component: string, name: string, options: RunPodOptions): Promise<Container> {
  const workload = options.objects.find(
    ({ kind, metadata }) => /^(?:Deployment|StatefulSet)$/.test(kind) && metadata.name === `swarmwatch-${component}`,
  )
  const { spec: pod } = (workload!.spec as { template: { spec: PodSpec } }).template
  const running = await runContainer(pod, name, options)
  const container = pod.containers[0]!
  for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
    const { path, port: portName } = probe.httpGet ?? { path: undefined, port: probe.tcpSocket!.port }
    const port = container.ports!.find((one) => one.name === portName)!.containerPort
    await eventually(`${name} to answer at ${portName}${path ?? ''}`, async () => {
      const response = await fetch(`${await running.url(port)}${path ?? '/'}`)
      return path === undefined || response.ok ? true : undefined
    }).catch(async (error: unknown) => {
      throw new Error(`${name} did not start:\n${await running.logs()}`, { cause: error })
    })
  }
  return running
}

/** Runs a pod without probes to its end, in the same way, and returns its log. */
export async function runPodToEnd({ metadata, spec }: KubernetesObject, options: RunPodOptions): Promise<string> {
  const running = await runContainer(spec as PodSpec, metadata.name, options)
  return eventually(`${metadata.name} to end`, async () => {
    const isRunning = await running.exec('true').then(
      () => true,
      () => false,
    )
    return isRunning ? undefined : running.logs()
  })
}

function runContainer(pod: PodSpec, name: string, options: RunPodOptions): Promise<Container> {
  const container = pod.containers[0]!
  const { runAsUser, runAsGroup, fsGroup } = pod.securityContext
  const { readOnlyRootFilesystem, allowPrivilegeEscalation, capabilities } = container.securityContext
  const [entrypoint, ...words] = container.command ?? []
  return options.network.run(name, {
    image: container.image,
    args: [...words, ...(container.args ?? [])],
    env: variablesOf(container.env, name),
    mounts: filesOf(pod, options),
    ports: (container.ports ?? []).map(({ containerPort }) => containerPort),
    user: `${runAsUser}:${runAsGroup}`,
    ...(container.resources !== undefined && { memory: container.resources.limits.memory.replace('Mi', 'm') }),
    flags: [
      `--group-add=${fsGroup}`,
      ...(entrypoint === undefined ? [] : [`--entrypoint=${entrypoint}`]),
      ...(readOnlyRootFilesystem ? ['--read-only'] : []),
      ...(allowPrivilegeEscalation ? [] : ['--security-opt=no-new-privileges']),
      ...capabilities.drop.map((capability) => `--cap-drop=${capability}`),
      ...writableFolders(pod).map(({ name: volume, path, size }) => {
        const disk = options.disks?.[volume]
        return disk === undefined
          ? `--tmpfs=${path}:mode=0770,uid=${runAsUser},gid=${fsGroup},size=${size}`
          : `--volume=${disk}:${path}`
      }),
    ],
  })
}

/** Variables with those of the downward API; `$(NAME)` is replaced, as the kubelet does. */
function variablesOf(env: PodSpec['containers'][number]['env'], name: string): Readonly<Record<string, string>> {
  const values: Record<string, string> = {}
  const fields: Readonly<Record<string, string>> = { 'metadata.name': name, 'metadata.namespace': 'swarmwatch' }
  for (const { name: variable, value = '', valueFrom } of env) {
    values[variable] =
      valueFrom === undefined
        ? value.replaceAll(/\$\((\w+)\)/g, (whole, other: string) => values[other] ?? whole)
        : fields[valueFrom.fieldRef.fieldPath]!
  }
  return values
}

/** Folders of this machine with the files of config maps and of the Secret, by their path in the container. */
function filesOf(pod: PodSpec, { folder, objects, secrets }: RunPodOptions): Readonly<Record<string, string>> {
  const mounts = pod.containers[0]!.volumeMounts.flatMap(({ name, mountPath }) => {
    const volume = pod.volumes.find((one) => one.name === name)
    const files =
      volume?.configMap === undefined
        ? volume?.secret?.items.map(({ key, path }) => [path, secretOf(secrets, key)] as const)
        : Object.entries(
            objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === volume.configMap!.name)!.data!,
          )
    if (files === undefined) return []
    const path = join(folder, mountPath)
    mkdirSync(path, { recursive: true })
    for (const [file, text] of files) writeFileSync(join(path, file), text)
    return [[mountPath, path] as const]
  })
  chmodSync(folder, 0o755)
  return Object.fromEntries(mounts)
}

function secretOf(secrets: RunPodOptions['secrets'], key: string): string {
  const value = secrets[key]
  if (value === undefined) throw new Error(`the Secret has no key ${key}`)
  return value
}

/** Empty folders and claims of volumes. */
function writableFolders(pod: PodSpec): readonly { readonly name: string; readonly path: string; readonly size: string }[] {
  return pod.containers[0]!.volumeMounts.flatMap(({ name, mountPath }) => {
    const volume = pod.volumes.find((one) => one.name === name)
    if (volume?.configMap !== undefined || volume?.secret !== undefined) return []
    return [
      {
        name,
        path: mountPath,
        size: (volume?.emptyDir?.sizeLimit ?? '64Mi').replace(/([MG])i$/, (_, unit: string) => unit.toLowerCase()),
      },
    ]
  })
}
