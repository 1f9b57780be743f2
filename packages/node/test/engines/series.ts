import type { Sample } from './prometheus-query.ts'

/** Labels that depend on the path of a series, and not on its meaning. */
const ofTheWay = new Set(['job', 'instance', '__unit__', 'otel_scope_name', 'otel_scope_version', 'otel_scope_schema_url'])

/**
 * Series as sorted lines `name{labels}` with their values; `le` is written as a number, since the
 * two ways spell it differently.
 */
export function seriesOf(samples: readonly Sample[]): Map<string, string> {
  const lines = samples.map(({ labels: { __name__: name, ...labels }, value }): [string, string] => {
    const kept = Object.entries(labels)
      .filter(([label]) => !ofTheWay.has(label))
      .map(([label, text]) => `${label}="${label === 'le' ? Number(text.replace('+Inf', 'Infinity')) : text}"`)
    return [`${name}{${kept.sort().join(',')}}`, value]
  })
  return new Map(lines.sort(([a], [b]) => (a < b ? -1 : 1)))
}
