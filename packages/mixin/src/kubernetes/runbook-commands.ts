import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Start of the block in a runbook that `pnpm mixin` writes. */
export const blockStart = '<!-- The commands above, in Kubernetes; written by pnpm mixin -->'

/** Where a service of the compose stack is in a cluster, as docs/kubernetes.md installs it. */
interface Workload {
  readonly namespace: 'swarmwatch' | 'monitoring'
  /** Label of its pods. */
  readonly selector: string
  /** For `kubectl exec`. */
  readonly target: string
  /** For `kubectl rollout restart`. */
  readonly restarts: string
}

const ofChart = (component: string, target: string): Workload => {
  const selector = `app.kubernetes.io/component=${component}`
  return { namespace: 'swarmwatch', selector, target, restarts: `statefulset,deployment --selector ${selector}` }
}
const ofOperator = (name: string): Workload => ({
  namespace: 'monitoring',
  selector: `app.kubernetes.io/name=${name}`,
  target: `service/${name}-operated --container ${name}`,
  restarts: `statefulset --selector app.kubernetes.io/name=${name}`,
})

/** The services that runbooks name. Jaeger and Grafana are wherever the cluster has them, under the labels of their charts. */
export const workloads: Readonly<Record<string, Workload>> = {
  'alert-bridge': ofChart('alert-bridge', 'service/swarmwatch-alert-bridge'),
  'otel-collector': ofChart('otel-collector', 'service/swarmwatch-otel-collector'),
  'agent-worker': ofChart('agent-worker', 'deployment/swarmwatch-agent-worker'),
  prometheus: ofOperator('prometheus'),
  alertmanager: ofOperator('alertmanager'),
  jaeger: {
    ...ofOperator('jaeger'),
    target: 'deployment/jaeger',
    restarts: 'deployment --selector app.kubernetes.io/name=jaeger',
  },
  SERVICE: ofChart('SERVICE', 'service/swarmwatch-SERVICE'),
}

/** Files that have another path in the pods of the Prometheus operator. */
const operatorFiles: readonly (readonly [string, string])[] = [
  ['/etc/prometheus/prometheus.yaml', '/etc/prometheus/config_out/prometheus.env.yaml'],
  [
    '--http.config.file=/etc/prometheus/alertmanager-client.yaml --url=http://alertmanager:9093',
    '--url=http://alertmanager-operated:9093',
  ],
  ['/run/secrets/alertmanager.yml', '/etc/alertmanager/config_out/alertmanager.env.yaml'],
]

/** The form for Kubernetes of a command for the compose stack. @throws Error if the command is of a kind that has none yet */
export function kubernetesCommand(command: string): string {
  const [program, verb = '', ...rest] = command.split(' ')
  const services = rest.filter((word) => word in workloads)
  const kubectl = ({ namespace }: Pick<Workload, 'namespace'>): string => `kubectl --namespace ${namespace}`
  if (/^docker (stats|inspect) /.test(command)) {
    return command.includes('inspect')
      ? `kubectl --namespace swarmwatch describe pods --selector ${workloads['SERVICE']!.selector}`
      : 'kubectl --namespace swarmwatch top pods'
  }
  // a full disk or volume is an event, and so is what it stopped
  if (command === 'docker system df' || program === 'df')
    return 'kubectl get events --all-namespaces --field-selector type=Warning'
  if (command === 'dc ps') return 'kubectl get pods --all-namespaces'
  if (program !== 'dc') throw new Error(`no form for Kubernetes of: ${command}`)
  if (verb === 'exec') {
    const [service = '', ...args] = rest.filter((word) => word !== '-T')
    const workload = workloadOf(service, command)
    const line = operatorFiles.reduce((text, [here, there]) => text.replace(here, there), args.join(' '))
    return `${kubectl(workload)} exec ${workload.target} -- ${line}`
  }
  const scaled = /^dc up -d --no-recreate --scale (\S+)=(\w+)$/.exec(command)
  if (scaled) {
    const [, service = '', count] = scaled
    const workload = workloadOf(service, command)
    return `${kubectl(workload)} scale ${workload.target} --replicas=${count}`
  }
  const each = (service: string): string => {
    const workload = workloadOf(service, command)
    if (verb === 'ps') return `${kubectl(workload)} get pods --selector ${workload.selector}`
    if (verb === 'restart' || verb === 'up') return `${kubectl(workload)} rollout restart ${workload.restarts}`
    // the operator reloads a changed configuration by itself
    if (verb === 'kill') return `${kubectl(workload)} logs --selector ${workload.selector} --container config-reloader`
    if (verb !== 'logs') throw new Error(`no form for Kubernetes of: ${command}`)
    const [, since] = /--since (\S+)/.exec(command) ?? []
    const [, tail = '-1'] = /--tail (\S+)/.exec(command) ?? []
    const container = workload.namespace === 'monitoring' ? ` --container ${service}` : ''
    return `${kubectl(workload)} logs --selector ${workload.selector}${container} --prefix${since ? ` --since ${since}` : ''} --tail ${tail}`
  }
  if (services.length === 0) throw new Error(`names no service of the stack: ${command}`)
  return services.map(each).join('\n')
}

function workloadOf(service: string, command: string): Workload {
  const workload = workloads[service]
  if (!workload) throw new Error(`src/kubernetes/runbook-commands.ts does not know the service ${service} of: ${command}`)
  return workload
}

/** The commands of a line, which `|`, `;` and `&&` outside of quotes separate. */
export function simpleCommands(line: string): readonly string[] {
  const parts = line.match(/(?:'[^']*'|"(?:[^"\\]|\\.)*"|\$\([^)]*\)|[^|;&'"$]|\$(?!\())+/g) ?? []
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** A runbook without the block that {@link withKubernetesCommands} writes. */
export function withoutBlock(text: string): string {
  const at = text.indexOf(blockStart)
  return at === -1 ? text : `${text.slice(0, at).trimEnd()}\n`
}

/** The commands of a runbook that only the compose stack has, each once. */
export function composeCommands(text: string): readonly string[] {
  const runbook = withoutBlock(text)
  const blocks = [...runbook.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].flatMap(([, block]) => block!.split('\n'))
  const inline = [...runbook.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '').matchAll(/`([^`]+)`/g)].map(([, code]) =>
    code!.replaceAll(/\s+/g, ' '),
  )
  const commands = [...blocks, ...inline].flatMap(simpleCommands).filter((command) => /^(dc|docker|df) \S/.test(command))
  return [...new Set(commands)]
}

/** The runbook with the form for Kubernetes of each of its commands at its end, as kubectl. */
export function withKubernetesCommands(text: string): string {
  const commands = composeCommands(text)
  if (commands.length === 0) return withoutBlock(text)
  const lines = commands.map((command) => `# ${command}\n${kubernetesCommand(command)}`)
  return `${withoutBlock(text)}\n${blockStart}\n\n## In Kubernetes\n\n\`\`\`bash\n${lines.join('\n')}\n\`\`\`\n`
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, '../../../../docs/runbooks')
  for (const name of readdirSync(folder).filter((file) => file !== 'README.md')) {
    const path = join(folder, name)
    writeFileSync(path, withKubernetesCommands(readFileSync(path, 'utf8')))
  }
}
