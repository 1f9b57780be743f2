import { isAlert, type Recording } from '../src/rule.ts'
import type { RuleFile } from '../src/rule-files.ts'

/**
 * Recordings with a past of days, each from raw series alone: what they read of others is put in
 * its place.
 */
export function inlineRecordings(files: readonly RuleFile[], names: readonly string[]): readonly Recording[] {
  const rules = files.flatMap(({ groups }) => groups.flatMap((group) => group.rules))
  const recordings = rules.filter((rule): rule is Recording => !isAlert(rule))
  const resolve = (expr: string): string =>
    expr.replaceAll(/\b[a-z]+:[a-z_0-9]+:[a-z_0-9]+\b/g, (name) => {
      const source = recordings.find(({ record }) => record === name)
      return source === undefined ? name : `(${resolve(source.expr)})`
    })
  return recordings
    .filter(({ record }) => names.includes(record))
    .map((recording) => ({ ...recording, expr: resolve(recording.expr) }))
}
