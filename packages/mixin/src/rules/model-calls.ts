import { sameAgent, sameLabels } from '../annotations.ts'
import { histogramReads, type Observations } from '../histograms.ts'
import { duration, onOneLine, promql } from '../promql.ts'
import { type Alert, keepMutingSeconds, type RuleGroup } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { agentLabels, by, byAgent, failedRequest, fleetLabels, label, onAgent, onFleet, series } from '../series.ts'
import type { MixinSettings } from '../settings.ts'

const { hiddenRetries, modelErrors, providerUnavailable } = ruleThresholds
const modelLabels = [...fleetLabels, label.provider, label.model]
const byModel = by(...modelLabels)
const onModel = `on (${modelLabels.join(', ')})`
const window = duration(modelErrors.windowSeconds)
const traffic = duration(modelErrors.trafficSeconds)
const retryWindow = duration(hiddenRetries.windowSeconds)

/** Requests to each model of each provider, and the requests that the clients of an agent send for one model call. */
export function modelCallRecordings({ histograms }: MixinSettings): RuleGroup {
  const read = histogramReads(histograms)
  const requests = (over: Observations['over'], range: string, matchers?: string): Observations => ({
    over,
    histogram: series.inferenceDuration,
    range: `[${range}]`,
    ...(matchers !== undefined && { matchers }),
  })
  return {
    name: 'model-calls',
    rules: [
      { record: 'model:requests:rate5m', expr: read.count(modelLabels, requests('rate', window)) },
      {
        record: 'model:error_ratio:rate5m',
        expr: promql`
        (
          ${read.count(modelLabels, requests('rate', window, `{${failedRequest}}`))}
          or
          0 * model:requests:rate5m
        )
          / (model:requests:rate5m > 0)`,
      },
      { record: 'model:requests:increase10m', expr: read.count(modelLabels, requests('increase', traffic)) },
      { record: 'model:breaker_open:max', expr: `max ${byModel} (${series.providerBreakerOpen})` },
      {
        record: 'model:request_share:ratio1h',
        expr: promql`
        ${read.count(modelLabels, requests('increase', '1h'))}
          / ${onFleet} group_left ()
        (
          ${read.count(fleetLabels, requests('increase', '1h'))} > 0
        )`,
      },
      {
        record: 'agent:model_calls:increase30m',
        expr: promql`
        sum ${byAgent} (
          increase(${series.modelCalls}[${retryWindow}])
        )`,
      },
      {
        // An agent without any repeat has the value 1. A request counts when it ends, its call when it
        // is counted: the ratio can be a little below 1 for a moment
        record: 'agent:requests_per_model_call:ratio30m',
        expr: promql`
        sum ${byAgent} (
          increase(${series.modelRequests}[${retryWindow}])
        )
          / (agent:model_calls:increase30m > 0)`,
      },
    ],
  }
}

const errors = ({ histograms }: MixinSettings): string =>
  sameLabels(modelLabels, (matchers) => {
    const failures = histogramReads(histograms).count([label.errorType], {
      over: 'rate',
      histogram: series.inferenceDuration,
      matchers: `{${matchers}, ${failedRequest}}`,
      range: '[10m]',
    })
    return `topk(2, ${onOneLine(failures)} > 0)`
  })
const heldBack = sameLabels(
  modelLabels,
  (matchers) => `sum(increase(${series.providerRetriesAvoided}{${matchers}, ${label.reason}="breaker"}[5m])) > 0.5`,
)
const providers = sameAgent(
  (matchers) =>
    `topk(2, sum by (${label.provider}) (rate(${series.modelRequests}{${matchers}, ${label.errorType}!=""}[${retryWindow}])) > 0)`,
)

const mainShare = String(providerUnavailable.mainShare)
const unavailable = (severity: 'critical' | 'warning', expr: string): Alert => ({
  alert: 'ModelProviderUnavailable',
  category: 'swarm',
  severity,
  expr,
  forSeconds: providerUnavailable.forSeconds,
  // The alerts that it mutes look back as long
  keepFiringForSeconds: keepMutingSeconds,
  summary: `{{ $labels.${label.model} }} of {{ $labels.${label.provider} }} is unavailable`,
  description:
    `Most calls of the model {{ $labels.${label.model} }} of {{ $labels.${label.provider} }} failed, and the breaker of at least one ` +
    'process is open: its runs wait, fall back or end as rejected, and a single one probes.' +
    `{{ with ${heldBack} }} Attempts held back in the last 5 minutes: {{ . | first | value | printf "%.0f" }}.{{ end }}`,
  identity: modelLabels,
  dashboard: 'cost-and-capacity',
})

/** A provider fails, or clients of providers repeat failed requests by themselves. */
export const modelCallAlerts = (settings: MixinSettings): readonly Alert[] => [
  unavailable(
    'critical',
    promql`
      model:breaker_open:max == 1
      and ${onModel}
      model:request_share:ratio1h >= ${mainShare}`,
  ),
  unavailable(
    'warning',
    promql`
      model:breaker_open:max == 1
      unless ${onModel}
      model:request_share:ratio1h >= ${mainShare}`,
  ),
  {
    alert: 'ModelProviderErrors',
    category: 'swarm',
    severity: 'warning',
    expr: promql`
      model:error_ratio:rate5m > ${modelErrors.above}
      and ${onModel}
      model:requests:increase10m >= ${modelErrors.leastRequests}`,
    forSeconds: modelErrors.forSeconds,
    // It mutes AgentRetriesHigh, which looks back as long
    keepFiringForSeconds: keepMutingSeconds,
    summary: `{{ $value | humanizePercentage }} of the requests to {{ $labels.${label.model} }} of {{ $labels.${label.provider} }} fail`,
    description:
      `{{ $value | humanizePercentage }} of the requests to the model {{ $labels.${label.model} }} of {{ $labels.${label.provider} }} ` +
      `failed in the last 5 minutes; the limit is {{ ${modelErrors.above} | humanizePercentage }}.` +
      `{{ with ${errors(settings)} }} Errors:{{ range $i, $_ := . }}{{ if $i }},{{ end }} {{ .Labels.${label.errorType} }}{{ end }}.{{ end }}`,
    identity: modelLabels,
    chart: {
      title: 'Failed requests in 5 minutes',
      unit: 'ratio',
      query: (matchers) => `model:error_ratio:rate5m{${matchers}}`,
      limit: modelErrors.above,
    },
    dashboard: 'cost-and-capacity',
  },
  {
    alert: 'HiddenRetries',
    category: 'agent',
    severity: 'info',
    expr: promql`
      agent:requests_per_model_call:ratio30m > ${hiddenRetries.requestsPerCall}
      and ${onAgent}
      agent:model_calls:increase30m >= ${hiddenRetries.leastCalls}`,
    forSeconds: hiddenRetries.forSeconds,
    keepFiringForSeconds: 900,
    summary: '{{ $labels.agent_name }} sends {{ $value | printf "%.1f" }} HTTP requests for each model call',
    description:
      '{{ $labels.agent_name }} ({{ $labels.job }}) sent {{ $value | printf "%.1f" }} HTTP requests for each model call in the last ' +
      '30 minutes: a client library repeats failed requests by itself, inside the attempts of Swarmwatch, and each repeat costs time.' +
      `{{ with ${providers} }} Failed requests to:{{ range $i, $_ := . }}{{ if $i }},{{ end }} {{ .Labels.${label.provider} }}{{ end }}.{{ end }}`,
    identity: agentLabels,
    runs: 'any',
    chart: {
      title: 'HTTP requests for each model call',
      unit: 'number',
      query: (matchers) => `agent:requests_per_model_call:ratio30m{${matchers}}`,
      limit: hiddenRetries.requestsPerCall,
    },
    dashboard: 'agent-detail',
  },
]
