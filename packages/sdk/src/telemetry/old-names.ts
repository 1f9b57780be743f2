import { attribute, metric, toolBuckets, type Metric } from '../names.ts'

const ofInference = metric.inferenceTimeToFirstChunk.attributes

/** Keys of the metrics of {@link oldMetric}. */
export type OldMetricKey = 'tokenUsage' | 'operationDuration' | 'timeToFirstChunk' | 'timePerOutputChunk'

/** Attribute keys of the conventions of version 1.41 that later versions removed; sent with `semconv: 'latest+1.41'` only. */
export const oldAttribute = {
  tokenType: 'gen_ai.token.type',
  cacheCreationInputTokens: 'gen_ai.usage.cache_creation.input_tokens',
  workflowName: 'gen_ai.workflow.name',
} as const

/** Metrics of the conventions of version 1.41 that later versions renamed; sent with `semconv: 'latest+1.41'` only. */
export const oldMetric: Readonly<Record<OldMetricKey, Metric>> = {
  tokenUsage: {
    name: 'gen_ai.client.token.usage',
    kind: 'histogram',
    unit: '{token}',
    description: 'Number of input and output tokens used.',
    prometheus: 'gen_ai_client_token_usage',
    attributes: [...ofInference, oldAttribute.tokenType],
    buckets: Array.from({ length: 14 }, (_, n) => 4 ** n),
  },
  operationDuration: {
    name: 'gen_ai.client.operation.duration',
    kind: 'histogram',
    unit: 's',
    description: 'GenAI operation duration.',
    prometheus: 'gen_ai_client_operation_duration_seconds',
    attributes: [...ofInference, attribute.errorType],
    buckets: toolBuckets,
  },
  timeToFirstChunk: {
    name: 'gen_ai.client.operation.time_to_first_chunk',
    kind: 'histogram',
    unit: 's',
    description: 'Time to receive the first chunk.',
    prometheus: 'gen_ai_client_operation_time_to_first_chunk_seconds',
    attributes: ofInference,
    buckets: toolBuckets,
  },
  timePerOutputChunk: {
    name: 'gen_ai.client.operation.time_per_output_chunk',
    kind: 'histogram',
    unit: 's',
    description: 'Time per output chunk.',
    prometheus: 'gen_ai_client_operation_time_per_output_chunk_seconds',
    attributes: ofInference,
    buckets: toolBuckets,
  },
}
