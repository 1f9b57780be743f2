import { metric } from '@swarmwatch/sdk/names'

import { isAlert } from '../src/rule.ts'
import type { RuleFile } from '../src/rule-files.ts'
import { fleetLabels, label } from '../src/series.ts'

const words = new Set(
  'and or unless by on ignoring without group_left group_right offset bool inf Inf nan NaN start end'.split(' '),
)

/** The names of the series that a PromQL expression reads. */
export function metricNames(expr: string): readonly string[] {
  const bare = expr
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '')
    .replaceAll(/\{[^}]*\}/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(?:by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
    .replaceAll(/\boffset\s+\w+/g, ' ')
  const found = [...bare.matchAll(/(?<![\w.:])([a-zA-Z_:][\w:]*)(\s*\()?/g)]
  return [...new Set(found.filter(([, name, call]) => call === undefined && !words.has(name!)).map(([, name]) => name!))]
}

/** The series that the SDK sends, as Prometheus names them: histograms as classic and as native ones. */
export const sdkSeries: ReadonlySet<string> = new Set(
  Object.values(metric).flatMap(({ prometheus, kind }) =>
    kind === 'histogram' ? ['', '_bucket', '_sum', '_count'].map((part) => prometheus + part) : [prometheus],
  ),
)

/** The labels of a series that the SDK sends, those of its resource and of a bucket included. */
export function labelsOfSeries(name: string): readonly string[] {
  const sent = Object.values(metric).find(({ prometheus }) => name.replace(/_(bucket|sum|count)$/, '') === prometheus)
  const ofResource = [label.job, label.instance, ...fleetLabels]
  return [...ofResource, 'le', ...(sent?.attributes ?? []).map((key) => key.replaceAll('.', '_'))]
}

/** The series that recording rules make. */
export function recordedSeries(files: readonly RuleFile[]): ReadonlySet<string> {
  const rules = files.flatMap(({ groups }) => groups.flatMap((group) => group.rules))
  return new Set(rules.flatMap((rule) => (isAlert(rule) ? [] : [rule.record])))
}
