import { readFileSync } from 'node:fs'

import { variablesTable } from '@swarmwatch/config/settings'
import { expect, test } from 'vitest'

import { advisorSettings } from '../src/advisor-settings.ts'

test('the README contains the table of all settings of the advisor', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  // oxfmt pads the cells and the line below the head
  const unpadded = readme.replaceAll(/ {2,}/g, ' ').replaceAll(/-{3,}/g, '---')
  expect(unpadded).toContain(variablesTable(Object.values(advisorSettings)))
})
