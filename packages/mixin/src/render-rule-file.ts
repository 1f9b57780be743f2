import { Document, type Node, Scalar, visit } from 'yaml'

import { annotationsOf } from './annotations.ts'
import { duration, promql } from './promql.ts'
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

/**
 * An agent can push series under the names that rules record, with any labels. Two that differ in
 * `severity` only would become the same alert, and Prometheus then refuses the whole rule: no alert
 * of that name could fire. The labels of the identity keep them apart or merge them.
 */
function oncePerIdentity({ expr, identity }: Alert): string {
  if (identity.length === 0) return expr
  return promql`
    max by (${identity.join(', ')}) (
      ${expr}
    )`
}

function alertEntry(alert: Alert): object {
  const { forSeconds, keepFiringForSeconds = 0, category, severity, labels } = alert
  return {
    alert: alert.alert,
    expr: oncePerIdentity(alert),
    ...(forSeconds > 0 && { for: duration(forSeconds) }),
    ...(keepFiringForSeconds > 0 && { keep_firing_for: duration(keepFiringForSeconds) }),
    labels: { severity, category, ...labels },
    annotations: annotationsOf(alert),
  }
}
