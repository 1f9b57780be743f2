import { expect, test } from 'vitest'

import { type AlertState, nextState } from '../../src/alerts/evaluate-rules.ts'
import { randomFrom } from './random-steps.ts'

const timing = { forSeconds: 60, quietSeconds: 30 }

/** The phases after evaluations every 15 s with these answers of the condition. */
function phases(answers: string, { forSeconds, quietSeconds } = timing): string {
  let state: AlertState = { phase: 'inactive' }
  return answers
    .split('')
    .map((answer, index) => {
      state = nextState(state, answer === 'x', index * 15_000, { forSeconds, quietSeconds })
      return { inactive: '.', pending: 'p', firing: 'F' }[state.phase]
    })
    .join('')
}

test.each([
  ['fires once its condition has held for forSeconds', 'xxxxxx', 'ppppFF'],
  ['begins again when the condition fails before that', 'xxx.xxxxx', 'ppp.ppppF'],
  ['is over only when it has been quiet for the hold time', 'xxxxx...x', 'ppppFFF.p'],
  ['stays one alert while the condition flickers', 'xxxxx.x..x.x', 'ppppFFFFFFFF'],
])('a rule %s', (_promise, answers, expected) => {
  expect(phases(answers)).toBe(expected)
})

test('a rule without forSeconds fires at once, and resolves at once without a hold time', () => {
  expect(phases('.x.x', { forSeconds: 0, quietSeconds: 0 })).toBe('.F.F')
})

test('a firing rule remembers when its condition began to hold, through pending and flickering', () => {
  const states = ['x', 'x', '.', 'x'].reduce<AlertState[]>(
    (all, answer, index) => [
      ...all,
      nextState(all.at(-1)!, answer === 'x', 1_000 + index * 60_000, { forSeconds: 60, quietSeconds: 120 }),
    ],
    [{ phase: 'inactive' }],
  )
  expect(states).toEqual([
    { phase: 'inactive' },
    { phase: 'pending', sinceMs: 1_000 },
    { phase: 'firing', sinceMs: 1_000 },
    { phase: 'firing', sinceMs: 1_000, quietSinceMs: 121_000 },
    { phase: 'firing', sinceMs: 1_000 },
  ])
})

test('whatever happens, it fires only after forSeconds without a break and resolves only after quietSeconds without one', () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const random = randomFrom(seed)
    const own = { forSeconds: Math.floor(random() * 100), quietSeconds: Math.floor(random() * 100) }
    let state: AlertState = { phase: 'inactive' }
    let [nowMs, heldSinceMs, quietSinceMs, held] = [0, 0, 0, false]
    for (let step = 0; step < 100; step += 1) {
      nowMs += Math.floor(random() * 40_000)
      const holds = random() < 0.6
      if (holds && !held) heldSinceMs = nowMs
      if (!holds && (held || step === 0)) quietSinceMs = nowMs
      held = holds
      const before = state
      state = nextState(state, holds, nowMs, own)
      if (before.phase !== 'firing' && state.phase === 'firing') {
        expect(holds && nowMs - heldSinceMs >= own.forSeconds * 1_000, `seed ${seed}`).toBe(true)
      }
      if (before.phase === 'firing' && state.phase !== 'firing') {
        expect(state.phase === 'inactive' && !holds && nowMs - quietSinceMs >= own.quietSeconds * 1_000, `seed ${seed}`).toBe(
          true,
        )
      }
    }
  }
})
