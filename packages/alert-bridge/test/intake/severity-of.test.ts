import { expect, test } from 'vitest'

import { severityOf, worstOf } from '../../src/intake/severity-of.ts'

const read = (severity: string): string => severityOf({ labels: { severity } })

test('reads the words that people write for a severity, in any case', () => {
  const meant = (words: string): string[] => [...new Set(words.split(', ').map(read))]
  expect(meant('critical, CRITICAL, crit, emergency, fatal, page, disaster, blocker, urgent')).toEqual(['critical'])
  expect(meant('error, ERR, high, Highest, major, P0, p1, P2, sev1, SEV-1, Sev 2, severity_1, Priority 1, S1')).toEqual([
    'critical',
  ])
  expect(meant('warning, Warning, warn, medium, moderate, average, minor, P3, sev3, prio-3')).toEqual(['warning'])
  expect(meant('info, Info, information, informational, none, notice, low, debug, trace, ok, P4, p5, sev4, SEV-5')).toEqual([
    'info',
  ])
})

test('reads the label priority or level if severity has no known value', () => {
  expect(severityOf({ labels: { priority: 'P1' } })).toBe('critical')
  expect(severityOf({ labels: { level: 'debug' } })).toBe('info')
  expect(severityOf({ labels: { severity: 'team-a', priority: 'low' } })).toBe('info')
  expect(severityOf({ labels: { severity: 'info', priority: 'P1' } })).toBe('info')
})

test('reads a word among others, with punctuation and numbers around it', () => {
  const meant = (words: string): string[] => [...new Set(words.split(', ').map(read))]
  expect(
    meant('P1 - Critical, 1-critical, Sev1 (down), CRITICAL!, crit., critical/page, high priority, Very High, [P1], P1:, P-01'),
  ).toEqual(['critical'])
  expect(meant('Priority: 1, severity: high, S1 - urgent, SEV1-prod, sev#2, ERROR2, "critical", \tcritical\n')).toEqual([
    'critical',
  ])
  expect(meant('3 - Moderate, warning!, WARN3, medium (team-a), non-critical, not critical, P10, sev12')).toEqual(['warning'])
  expect(meant('5 - Low, info: nightly, INFO4, low priority, P4 (backlog)')).toEqual(['info'])
})

test('a number that is apart from its word, in brackets or before other words, still belongs to it', () => {
  for (const text of ['[Sev 1]', '(P-1)', 'SEV - 1', 'SEV 1 (down)', 'P 1, database', '12 - Critical', 'ERROR2: no disk']) {
    expect([text, read(text)]).toEqual([text, 'critical'])
  }
})

test('of a long text, the first 100 characters count', () => {
  expect(read(`${'.'.repeat(92)}critical`)).toBe('critical')
  expect(read(`${'.'.repeat(93)}critical`)).toBe('warning')
})

test('a word for a warning is known: a label of lower rank does not count', () => {
  for (const severity of 'warning warn medium moderate normal average minor p3 sev3 s3'.split(' ')) {
    expect([severity, severityOf({ labels: { severity, priority: 'P1' } })]).toEqual([severity, 'warning'])
  }
})

test('reads the names of labels in any case, and other names of the same thing', () => {
  for (const name of ['Severity', 'SEVERITY', 'Priority', 'urgency', 'criticality', 'impact', 'prio', 'sev', 'alert_severity']) {
    expect(severityOf({ labels: { [name]: 'high' } })).toBe('critical')
  }
  expect(severityOf({ labels: { SEVERITY: 'low', severity: 'P1' } })).toBe('critical')
})

test('an unknown word, a missing word and the name of a method are a warning', () => {
  expect(['p9', '', 'constructor', '__proto__'].map(read)).toEqual(Array(4).fill('warning'))
  expect(severityOf({ labels: {} })).toBe('warning')
})

test('returns the highest severity of a list, and info for an empty list', () => {
  expect(worstOf(['info', 'critical', 'warning'])).toBe('critical')
  expect(worstOf(['info', 'warning'])).toBe('warning')
  expect(worstOf(['info'])).toBe('info')
  expect(worstOf([])).toBe('info')
})
