import { expect, test } from 'vitest'

import { loadConfiguration, recoveryWaits } from '../src/index.ts'

const waitsWith = (env: Record<string, string>): number[] => recoveryWaits(loadConfiguration({ env, file: false }).recovery)

test('the waits are 5, 15 and 30 s by default, and 5, 15, 45 s with the maximum of 60 s of older installations', () => {
  expect([waitsWith({}), waitsWith({ MAX_RETRY_DELAY: '60' })]).toEqual([
    [5, 15, 30],
    [5, 15, 45],
  ])
})

test('there are as many waits as retries, and none is more than the maximum', () => {
  expect(waitsWith({ MAX_RETRIES: '0' })).toEqual([])
  expect(waitsWith({ MAX_RETRIES: '5', BASE_RETRY_DELAY: '0' })).toEqual([0, 0, 0, 0, 0])
  expect(waitsWith({ MAX_RETRIES: '4', BASE_RETRY_DELAY: '40' })).toEqual([30, 30, 30, 30])
})
