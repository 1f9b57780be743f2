import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'

import { hasDocker } from './docker.ts'
import { judgeCost } from '../../simulate/judge-cost.ts'
import { judgeShape } from '../../simulate/judge-shape.ts'
import { judgeNab, readNab } from '../../simulate/nab.ts'
import { trafficShapes } from '../../simulate/traffic-shapes.ts'
import { ruleFiles } from '../../src/rule-files.ts'
import { readMixinSettings } from '../../src/settings.ts'

const groups = ruleFiles(readMixinSettings(join(repositoryRoot, 'config/production.yaml'))).flatMap((file) => file.groups)
const officeHours = trafficShapes.find(({ name }) => name === 'office hours')!
const longTest = { timeout: 900_000 }

// The tables of docs/statistics.md have all shapes; `pnpm simulate` writes them
describe.skipIf(!hasDocker)('in weeks of simulated work', () => {
  test('agents without faults raise no alert; a stop and half of the runs are found within half an hour', longTest, async () => {
    const { falseAlarms, faults } = await judgeShape(officeHours, groups, { days: 21, cleanAgents: 1 })
    expect(falseAlarms).toEqual([])
    for (const { planted, delaysMinutes } of faults.filter(({ fault }) => ['stop', 'halving'].includes(fault))) {
      expect(delaysMinutes).toHaveLength(planted)
      expect(delaysMinutes.filter((delay) => delay > 30)).toEqual([])
    }
  })

  test('a swarm on budget raises no alert, and one at twice the budget is found within four hours', longTest, async () => {
    const verdict = await judgeCost(
      trafficShapes.find(({ name }) => name === 'weekend')!,
      groups,
    )
    expect(verdict.alertsOnBudget).toBe(0)
    expect(verdict.projectionErrors.afterWeek).toBeLessThan(0.15)
    expect(verdict.projectionErrors.worst).toBeLessThan(0.15)
    expect(verdict.hoursUntilFound).toBeLessThan(4)
  })
})

const benchmark = join(repositoryRoot, '../shared/data/nab')
const hasBenchmark = existsSync(benchmark)
if (!hasBenchmark) console.log(`left out: series of the Numenta Anomaly Benchmark, which are not in ${benchmark}`)

test.skipIf(!hasDocker || !hasBenchmark)('finds what 3-sigma and adaptive rules miss in a daily rhythm', longTest, async () => {
  const series = readNab(benchmark).filter(({ name }) => /flatmiddle|nojump/.test(name))
  const verdicts = await judgeNab(series, groups)
  const found = (detector: string): readonly number[] =>
    verdicts.filter((verdict) => verdict.detector === detector).map(({ windowsFound }) => windowsFound)
  expect({ ours: found('AgentAnomaly'), sigma: found('3-sigma'), adaptive: found('adaptive (Grafana)') }).toEqual({
    ours: [1, 1],
    sigma: [0, 0],
    adaptive: [0, 0],
  })
})
