import { expect, test } from 'vitest'

import { severityOf, worstOf } from '../../src/inbox/severity-of.ts'

const read = (severity: string): string => severityOf({ labels: { severity } })

test('reads the words that people write for a severity, in any case', () => {
  expect(['critical', 'emergency', 'fatal', 'page', 'CRITICAL'].map(read)).toEqual(Array(5).fill('critical'))
  expect(['warning', 'Warning'].map(read)).toEqual(['warning', 'warning'])
  expect(['info', 'information', 'none', 'notice', 'Info'].map(read)).toEqual(Array(5).fill('info'))
})

test('takes a word it does not know, none at all, and the name of a method for a warning', () => {
  expect(['high', '', 'constructor', '__proto__'].map(read)).toEqual(Array(4).fill('warning'))
  expect(severityOf({ labels: {} })).toBe('warning')
})

test('the worst of some is the worst; of none it is info', () => {
  expect(worstOf(['info', 'critical', 'warning'])).toBe('critical')
  expect(worstOf(['info', 'warning'])).toBe('warning')
  expect(worstOf(['info'])).toBe('info')
  expect(worstOf([])).toBe('info')
})
