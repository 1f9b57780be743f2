import { frameQueries, panelQueries } from './engines/panel-queries.ts'
import { runbookQueries } from './runbooks.ts'
import { isAlert } from '../src/rule.ts'
import { ruleFiles } from '../src/rule-files.ts'
import type { MixinSettings } from '../src/settings.ts'

/** A PromQL expression and its place. */
export interface ReadExpression {
  readonly of: string
  readonly expr: string
  /** Labels that are read of its answer, besides those that it names. */
  readonly labels: readonly string[]
}

/** All queries of rules, panels, variables, annotations and runbooks. */
export function readExpressions(settings: MixinSettings): readonly ReadExpression[] {
  const rules = ruleFiles(settings).flatMap(({ groups }) => groups.flatMap((group) => group.rules))
  return [
    ...rules.map((rule) =>
      isAlert(rule)
        ? { of: rule.alert, expr: rule.expr, labels: rule.identity }
        : { of: rule.record, expr: rule.expr, labels: [] },
    ),
    ...panelQueries(settings).map(({ panel, expr, labels }) => ({ of: panel, expr, labels })),
    ...frameQueries(settings).map((expr) => ({ of: 'variables and annotations', expr, labels: [] })),
    ...runbookQueries.map((expr) => ({ of: 'a runbook', expr, labels: [] })),
  ]
}
