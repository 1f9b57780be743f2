import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'

import { ActiveRuns, type Linked } from '../src/monitor/agent-statistics.ts'

interface Run extends Linked<Run> {
  readonly id: number
}

const newRun = (id: number): Run => ({ id, earlier: undefined, later: undefined })

const listed = (runs: ActiveRuns<Run>): Run[] => {
  const found: Run[] = []
  for (let run = runs.oldest; run; run = run.later) found.push(run)
  return found
}

test.prop([fc.array(fc.record({ ends: fc.boolean(), at: fc.nat(9) }), { maxLength: 60 })])(
  'active runs are listed, oldest first, and ended runs delay no one, in any order of starts and ends',
  (steps) => {
    const runs = new ActiveRuns<Run>()
    const expected: Run[] = []
    const ended: Run[] = []
    for (const [id, { ends, at }] of steps.entries()) {
      if (ends) ended.push(...expected.splice(at, 1))
      else expected.push(newRun(id))
      if (ends && ended.length > 0) runs.delete(ended.at(-1)!)
      if (!ends) runs.add(expected.at(-1)!)
      expect(listed(runs)).toEqual(expected)
      expect(runs.size).toBe(expected.length)
    }
    for (const { earlier, later } of ended) expect([earlier, later]).toEqual([undefined, undefined])
  },
)

test('a run that is not among them can be deleted, and changes nothing', () => {
  const runs = new ActiveRuns<Run>()
  const [one, other] = [newRun(1), newRun(2)]
  runs.delete(other)
  runs.add(one)
  runs.delete(other)
  expect([listed(runs), runs.size]).toEqual([[one], 1])
})
