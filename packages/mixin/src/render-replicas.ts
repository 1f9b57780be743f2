import { MixinError } from './settings.ts'

/** Differences where there are two Prometheus, two Alertmanagers, and two bridges behind a proxy. */
const replacements: readonly (readonly [one: string, two: string])[] = [
  ['external_labels:\n', 'external_labels:\n    replica: ${PROMETHEUS_REPLICA}\n'],
  // Alertmanager must see the alerts of both as the same
  ['# only the links in the annotations need them', '# the links in the annotations need two of them, and the third differs'],
  ['regex: grafana_url|runbooks_url\n', 'regex: grafana_url|runbooks_url|replica\n'],
  ["['alertmanager:9093']", "['alertmanager:9093', 'alertmanager-b:9093']"],
  ["['localhost:9090']", "['prometheus:9090', 'prometheus-b:9090']"],
  ["['alert-bridge:8090']", "['bridge-a:8090', 'bridge-b:8090']"],
]

const proxy = `  - job_name: bridge-proxy
    static_configs:
      - targets: ['alert-bridge:8404']
`

/** Returns the settings of Prometheus for docker-compose.scale.yml, made from those for one machine. */
export function withReplicas(prometheus: string): string {
  const missing = replacements.filter(([one]) => !prometheus.includes(one)).map(([one]) => JSON.stringify(one))
  if (missing.length > 0) {
    throw new MixinError(
      `collector/prometheus/prometheus.yaml has no ${missing.join(', ')}, which render-replicas.ts replaces; change it there, too`,
    )
  }
  const comment = '# For docker-compose.scale.yml: made by `pnpm mixin` from prometheus.yaml; change that file.\n'
  return replacements.reduce((text, [one, two]) => text.replaceAll(one, two), comment + prometheus).trimEnd() + `\n${proxy}`
}
