import { Document, type Node, Scalar, visit } from 'yaml'

import { annotationsOf } from './annotations.ts'
import { duration } from './promql.ts'
import { type Alert, isAlert, type Recording } from './rule.ts'
import type { RuleFile } from './rule-files.ts'

/** A rule file as Prometheus reads it: the same text for the same rules. */
export function renderRuleFile({ about, groups }: RuleFile): string {
  const document = new Document({
    groups: groups.map(({ name, intervalSeconds = 30, rules }) => ({
      name: `swarmwatch-${name}`,
      interval: duration(intervalSeconds),
      rules: rules.map((rule) => (isAlert(rule) ? alertEntry(rule) : recordingEntry(rule))),
    })),
  })
  document.commentBefore = ` ${about}\n Made by \`pnpm mixin\` from packages/mixin and config/production.yaml: change it there.`
  // Queries of several lines and long texts stay readable as blocks
  visit(document, {
    Scalar(_key, node: Node) {
      if (!(node instanceof Scalar && typeof node.value === 'string')) return
      if (node.value.includes('\n')) node.type = Scalar.BLOCK_LITERAL
      else if (node.value.length > 100) node.type = Scalar.BLOCK_FOLDED
    },
  })
  return document.toString({ lineWidth: 120, singleQuote: true })
}

function recordingEntry({ record, expr, labels }: Recording): object {
  return { record, expr, ...(labels && { labels }) }
}

function alertEntry(alert: Alert): object {
  const { forSeconds, keepFiringForSeconds = 0, category, severity } = alert
  return {
    alert: alert.alert,
    expr: alert.expr,
    ...(forSeconds > 0 && { for: duration(forSeconds) }),
    ...(keepFiringForSeconds > 0 && { keep_firing_for: duration(keepFiringForSeconds) }),
    labels: { severity, category },
    annotations: annotationsOf(alert),
  }
}
