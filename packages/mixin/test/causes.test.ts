import { join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'
import { jobAnnotation } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import { annotationsOf } from '../src/annotations.ts'
import { isAlert } from '../src/rule.ts'
import { ruleFiles } from '../src/rule-files.ts'
import { label } from '../src/series.ts'
import { readMixinSettings } from '../src/settings.ts'

const files = ruleFiles(readMixinSettings(join(repositoryRoot, 'config/production.yaml')))
const alerts = files.flatMap(({ groups }) => groups.flatMap(({ rules }) => rules.filter(isAlert)))
/** A process that sends nothing has no runs that could be shown. */
const withoutRuns = ['AgentTelemetryAbsent']
const ofAgents = alerts.filter(({ category, alert }) => category === 'agent' && !withoutRuns.includes(alert))

test('every alert about an agent has what leads to its cause: the agent and its job, runbook, dashboard, and list of runs', () => {
  expect(ofAgents.length).toBeGreaterThan(20)
  for (const alert of ofAgents) {
    const annotations = annotationsOf(alert)
    expect(alert.identity, alert.alert).toContain(label.agent)
    // the bridge searches the trace of a run by both
    expect(alert.identity.includes(label.job) || annotations[jobAnnotation] !== undefined, alert.alert).toBe(true)
    expect(annotations, alert.alert).toMatchObject({
      runbook_url: expect.stringContaining(`/${alert.alert}.md`),
      dashboard_url: expect.stringContaining('/d/'),
      traces_url: expect.stringContaining('/explore?'),
    })
  }
})
