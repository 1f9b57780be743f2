import { readFileSync } from 'node:fs'

import { loadConfiguration, thresholds } from '@swarmwatch/config'
import { defaultRecovery } from '@swarmwatch/sdk'
import { stuckRun } from '@swarmwatch/sdk/stuck-run'
import { expect, test } from 'vitest'

import { checkNode } from '../src/doctor/run-doctor.ts'

test('the recovery defaults of the SDK are those of the configuration', () => {
  const { agents, ...recovery } = loadConfiguration({ env: {}, file: false }).recovery
  expect({ stallTimeoutSeconds: undefined, ...defaultRecovery }).toMatchObject(recovery)
  expect(agents).toEqual({})
})

test('a run is stuck on the status page from the time on from which the rules find it', () => {
  const { forSeconds, ...limits } = thresholds.stuckRun.warning
  expect(stuckRun).toEqual(limits)
  expect(forSeconds).toBeLessThan(60)
})

test('the doctor takes the Node versions that the packages ask for', () => {
  const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    engines: { node: string }
  }
  const oldest = engines.node.replace('>=', '')
  expect(checkNode(`${oldest}.0`).level).toBe('ok')
  expect(checkNode(oldest.replace(/\d+$/, (minor) => `${Number(minor) - 1}.9`)).level).toBe('wrong')
})
