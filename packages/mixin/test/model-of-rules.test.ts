import { expect, test } from 'vitest'

import { judgeModel } from '../simulate/judge-model.ts'
import { trafficShapes } from '../simulate/traffic-shapes.ts'

// The table of docs/statistics.md has all shapes and 20 agents of each; `pnpm simulate model` writes it
test.each(['weekend', 'bursty', 'growing', 'restarts'])(
  'a stop and half of the runs are found within 30 minutes in %s traffic, with at most one false alarm',
  (name) => {
    const { falseAlarmsPerMonth, delaysMinutes } = judgeModel(
      trafficShapes.find((shape) => shape.name === name)!,
      1,
    )
    expect(falseAlarmsPerMonth).toBeLessThanOrEqual(1)
    expect(delaysMinutes.stop.length).toBeGreaterThan(0)
    expect(delaysMinutes.stop.filter((delay) => delay > 30)).toEqual([])
    expect(delaysMinutes.halving.length).toBeGreaterThan(0)
    expect(delaysMinutes.halving.filter((delay) => delay > 30)).toEqual([])
  },
)
