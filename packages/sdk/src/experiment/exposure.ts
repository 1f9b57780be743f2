import type { Attributes } from '@opentelemetry/api'

import { attribute } from '../names.ts'
import { emitEvent } from '../telemetry/exceptions.ts'
import { guarded } from '../telemetry/guard.ts'
import type { GuardedSpan } from '../telemetry/guarded-span.ts'
import type { AgentSeries } from '../telemetry/instruments.ts'
import { ownProviderName, type VariantChoice } from './variant-choice.ts'

/** Attributes of the conventions for flags, of the span of a run. */
export function flagAttributes(choice: VariantChoice | undefined): Record<string, string> {
  if (!choice) return {}
  return {
    [attribute.featureFlagKey]: choice.experiment,
    ...(choice.provider !== undefined && { [attribute.featureFlagProvider]: choice.provider.slice(0, 100) }),
  }
}

/**
 * Counts a run that has a variant. An `experiment()` was evaluated for it, which the conventions record as an event; the evaluation of a
 * vendor's flag is recorded where it happens.
 */
export function exposed({ series, span }: { readonly series: AgentSeries; readonly span: GuardedSpan }): void {
  series.sums?.exposed()
  const { choice, variant } = series
  if (choice?.provider !== ownProviderName) return
  emitEvaluatedFlag(span, {
    ...flagAttributes(choice),
    [attribute.featureFlagVariant]: variant,
    'feature_flag.result.reason': 'split',
  })
}

/** Records the evaluation of a flag as the event `feature_flag.evaluation`. */
export function emitEvaluatedFlag(span: GuardedSpan, attributes: Attributes): void {
  guarded('option', () => emitEvent(span, 'feature_flag.evaluation', attributes))
}
