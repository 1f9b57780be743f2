import { AggregationType, createAllowListAttributesProcessor, type ViewOptions } from '@opentelemetry/sdk-metrics'

/** What is left out of the metrics of the instrumentations. */
export const views: ViewOptions[] = [
  // one series per heap space, over 50 in every process; process.memory.usage says what matters
  { instrumentName: 'v8js.memory.heap.*', aggregation: { type: AggregationType.DROP } },
  // an agent that browses would make one histogram per host
  {
    instrumentName: 'http.client.request.duration',
    attributesProcessors: [
      createAllowListAttributesProcessor(['http.request.method', 'http.response.status_code', 'error.type', 'url.scheme']),
    ],
  },
]
