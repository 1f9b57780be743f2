import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { bestPossible, enoughForRules, hoursWith } from '../simulate/enough-traffic.ts'
import { trafficShapes } from '../simulate/traffic-shapes.ts'

const document = readFileSync(join(repositoryRoot, 'docs/statistics.md'), 'utf8')

test('the limits of the rules are not below what any test could find', () => {
  expect(bestPossible).toEqual({ minutes: 30, stop: 8, halving: 74 })
  expect(enoughForRules.stop).toBeGreaterThan(bestPossible.stop)
  expect(enoughForRules.halving).toBeGreaterThan(bestPossible.halving)
})

test('statistics.md states in which hours each shape of traffic has enough runs', () => {
  const { stop, halving, minutes } = enoughForRules
  for (const shape of trafficShapes) {
    const cells = [shape.name, hoursWith(shape, stop, minutes), hoursWith(shape, halving, minutes)].map(String)
    expect(document.replaceAll(/ +/g, ' ')).toContain(`| ${cells.join(' | ')} |`)
  }
})
