import { promql } from '../promql.ts'
import type { Alert } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { label } from '../series.ts'
import { experimentLabels, onExperiment, onVariant, variantLabels } from './experiments.ts'

const { harm } = ruleThresholds.experiments
const withMeasure = [...variantLabels, 'measure']
const onMeasure = `on (${withMeasure.join(', ')})`
/** Verdicts stay in the window for 30 days; alerts about them only while runs take part. */
const isRunning = `${onExperiment} agent:experiment_exposures:increase1d > 0`
const isMismatched = 'abs(agent:experiment_share:excess) > agent:experiment_share:margin'
const isHarmful = promql`
  (
    agent:experiment_change:upper{measure="success"} < 0
    or
    agent:experiment_change:lower{measure!="success"} > ${harm}
  )`

const variant = `Variant {{ $labels.${label.variant} }} of {{ $labels.agent_name }}`
const inExperiment = `experiment {{ $labels.${label.experiment} }} of {{ $labels.job }}`
const difference =
  '{{ if eq $labels.measure "success" }}{{ if lt $value 0.0 }}succeeds less often{{ else }}succeeds more often{{ end }}' +
  '{{ else if eq $labels.measure "duration" }}{{ if lt $value 0.0 }}is faster{{ else }}is slower{{ end }}' +
  '{{ else }}{{ if lt $value 0.0 }}costs less per success{{ else }}costs more per success{{ end }}{{ end }}'
const compared =
  `In the ${inExperiment}, its {{ $labels.measure }} differs by {{ $value | humanizePercentage }}` +
  '{{ if eq $labels.measure "success" }} of the runs{{ end }} from the control, or from the other variants if none is a control. '

/** Verdicts about experiments, and about the shares of their variants. */
export const experimentAlerts: readonly Alert[] = [
  {
    alert: 'AgentVariantHarmful',
    category: 'agent',
    severity: 'warning',
    expr: promql`
      agent:experiment_change
        and ${onMeasure} ${isHarmful}
        and ${isRunning}`,
    forSeconds: 0,
    keepFiringForSeconds: 1_800,
    summary: `${variant} ${difference}: end the experiment`,
    description: `${compared}Chance does not explain it, however often the experiment was looked at.`,
    identity: withMeasure,
    runs: 'any',
    dashboard: 'cost-and-capacity',
  },
  {
    alert: 'AgentVariantDiffers',
    category: 'agent',
    severity: 'info',
    expr: promql`
      agent:experiment_change
        and ${onMeasure} (agent:experiment_change:upper < 0 or agent:experiment_change:lower > 0)
        and ${isRunning}
        unless ${onMeasure} ${isHarmful}
        unless ${onExperiment} (${isMismatched})`,
    forSeconds: 0,
    keepFiringForSeconds: 1_800,
    summary: `${variant} ${difference}`,
    description: `${compared}The verdict holds: it is valid at every look.`,
    identity: withMeasure,
    runs: 'any',
    dashboard: 'cost-and-capacity',
  },
  {
    alert: 'ExperimentSharesWrong',
    category: 'agent',
    severity: 'warning',
    expr: promql`
      agent:experiment_share:excess
        and ${onVariant} (${isMismatched})
        and ${isRunning}`,
    forSeconds: 0,
    keepFiringForSeconds: 1_800,
    summary: `${variant} has {{ if lt $value 0.0 }}fewer{{ else }}more{{ end }} runs than its share: verdicts are not valid`,
    description:
      `In the ${inExperiment}, its share of the runs is {{ $value | humanizePercentage }} of all runs away from the expected one, ` +
      'more than chance explains. Runs are lost, or assigned in another way than expected, so that variants cannot be compared.',
    identity: [...experimentLabels, label.variant],
    runs: 'any',
    dashboard: 'cost-and-capacity',
  },
]
