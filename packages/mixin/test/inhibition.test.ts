import { resolve } from 'node:path'

import { inhibitionRules, type AlertSelection } from '@swarmwatch/config'
import { describe, expect, test } from 'vitest'

import { withInhibitionRules } from '../src/render-inhibition.ts'
import { type Alert, isAlert } from '../src/rule.ts'
import { ruleFiles } from '../src/rule-files.ts'
import { agentLabels, fleetLabels } from '../src/series.ts'
import { readMixinSettings } from '../src/settings.ts'

const settings = readMixinSettings(resolve(import.meta.dirname, '../../../config/production.yaml'))
const alerts = ruleFiles(settings)
  .flatMap(({ groups }) => groups.flatMap(({ rules }) => rules))
  .filter(isAlert)
const labelsOf = { agent: agentLabels, fleet: fleetLabels, anything: [] }

/** The alerts of Prometheus that a name stands for. */
function alertsNamed(name: string): readonly Alert[] {
  return alerts.filter(({ alert }) => (name.endsWith('*') ? alert.startsWith(name.slice(0, -1)) : alert === name))
}

function selected({ alerts: names, severities }: AlertSelection): readonly Alert[] {
  return names
    .flatMap(alertsNamed)
    .filter(({ severity }) => severities === undefined || severities.some((each) => each === severity))
}

describe.each(inhibitionRules.map((rule) => [rule.name, rule] as const))('the inhibition rule "%s"', (_name, rule) => {
  test('names only alerts that exist', () => {
    const names = [...rule.source.alerts, ...rule.target.alerts]
    expect(names.filter((name) => alertsNamed(name).length === 0)).toEqual([])
  })

  // Alertmanager takes two missing labels for equal
  test('compares only labels that its alerts have', () => {
    const all = [...selected(rule.source), ...selected(rule.target)]
    const missing = all.flatMap(({ alert, identity }) =>
      labelsOf[rule.same].filter((name) => !identity.includes(name)).map((name) => `${alert}: ${name}`),
    )
    expect(missing).toEqual([])
  })
})

test('a template without the place for inhibition rules is an error that names the two lines', () => {
  expect(() => withInhibitionRules('route: {}\n')).toThrow(
    'the template of Alertmanager has no lines "# inhibition rules begin" and "end"',
  )
})
