import fc from 'fast-check'

import type { Notice, NoticeAlert } from '../../src/message/notice.ts'

/** Input that breaks renderers: markup, mentions, line ends, control characters, direction marks, half characters, length. */
const nasty = fc.constantFrom(
  '<!channel>',
  '<@U123>',
  '<https://evil.example.com|click>',
  '&amp;&lt;',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  'a\r\nBcc: evil@example.com\r\n\r\n.\r\n',
  '\u0000\u0007\u001B[31mred',
  '\u202Egnp.exe\u2066\u200F',
  '\uD800half\uDC00',
  '\u{1F600}'.repeat(2_000),
  '&'.repeat(100_000),
  '<'.repeat(3_000),
  'x'.repeat(100_000),
  '\u{1F468}\u200D\u{1F469}'.repeat(20_000),
  '\\u0000'.repeat(500),
  '',
)

/** Any text at all, also ill-formed. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  nasty,
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
)

const anyUrl = fc.oneof(
  anyText,
  fc.constantFrom(
    'javascript:alert(1)',
    'data:text/html,x',
    'https://u:p@example.com/',
    ' https://example.com/a b|c>d"e\'f',
    'HTTPS://EXAMPLE.COM',
  ),
  anyText.map((text) => `https://example.com/${text}`),
)
const anyTime = fc.oneof(anyText, fc.constantFrom('0001-01-01T00:00:00Z', '2026-11-24T02:13:05Z', '+275760-09-13T00:00:00Z'))
const anyPairs = fc.dictionary(
  fc.oneof(fc.constantFrom('alertname', 'agent_name', 'summary', 'description', 'runbook_url', '__proto__'), anyText),
  fc.oneof(anyText, anyUrl),
  { maxKeys: 6 },
)

const anyAlert: fc.Arbitrary<NoticeAlert> = fc.record(
  {
    status: fc.constantFrom('firing', 'resolved'),
    labels: anyPairs,
    annotations: anyPairs,
    startsAt: anyTime,
    endsAt: anyTime,
    generatorUrl: anyUrl,
  },
  { requiredKeys: ['status', 'labels', 'annotations', 'startsAt'] },
)

/** The links of the actions, as long as a bridge behind a long address signs them. */
const actionLinks = fc.nat({ max: 300 }).map((length) => {
  const base = `https://alerts.example.com/${'p'.repeat(length)}`
  const token = `${'t'.repeat(6)}.${'k'.repeat(40)}.${'s'.repeat(43)}`
  return { acknowledge: `${base}/ack/${token}`, silence: `${base}/silence/${token}`, resolve: `${base}/resolve/${token}` }
})

/** Any notice, with hostile texts. */
export const anyNotice: fc.Arbitrary<Notice> = fc.record(
  {
    kind: fc.constantFrom(
      'firing',
      'repeat',
      'escalation',
      'acknowledged',
      'resolved',
      'summary',
      'digest',
      'event',
      'drill',
      'meta',
    ),
    severity: fc.constantFrom('critical', 'warning', 'info'),
    incidentKey: anyText,
    title: anyText,
    text: anyText,
    acknowledgedBy: anyText,
    silencedUntil: anyTime,
    resolvedBy: anyText,
    alerts: fc.oneof(
      fc.array(anyAlert, { maxLength: 5 }),
      anyAlert.map((alert) => Array.from({ length: 60 }, () => alert)),
    ),
    truncatedAlerts: fc.nat(),
    escalation: fc.record({
      number: fc.nat(),
      of: fc.nat(),
      round: fc.nat(),
      who: anyText,
      before: fc.array(fc.record({ who: anyText, at: anyTime }), { maxLength: 6 }),
      problem: anyText,
    }),
    incidents: fc
      .array(
        fc.record({
          incidentKey: anyText,
          severity: fc.constantFrom('critical', 'warning', 'info'),
          title: anyText,
          agents: fc.array(anyText, { maxLength: 3 }),
          startedAt: anyTime,
          round: fc.nat(),
        }),
        { minLength: 2, maxLength: 4 },
      )
      .chain((few) =>
        fc.constantFrom(
          few,
          Array.from({ length: 1_000 }, (_, index) => few[index % few.length]!),
        ),
      ),
    heldBack: fc.nat(),
    startedAt: anyTime,
    endedAt: anyTime,
    links: fc
      .tuple(
        fc.dictionary(fc.oneof(fc.constantFrom('runbook', 'dashboard', 'traces', '__proto__', 'constructor'), anyText), anyUrl, {
          maxKeys: 15,
        }),
        fc.oneof(fc.constant({}), actionLinks),
      )
      .map(([links, actions]) => ({ ...links, ...actions })),
  },
  { requiredKeys: ['kind', 'severity', 'incidentKey', 'title', 'alerts'] },
)

/** Any notice about the alerts of one group. */
export const anyGroupNotice: fc.Arbitrary<Notice> = anyNotice.map(({ incidents: _, ...notice }) => notice)
