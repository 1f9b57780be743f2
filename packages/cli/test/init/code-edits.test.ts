import { expect, test } from 'vitest'

import { nextInstrumentation, withAgentInstrumentation, withNextTelemetry } from '../../src/init/code-edits.ts'

test('a NodeSDK with instrumentations has one more, and the rest of the file is the same', () => {
  const text = `import { NodeSDK } from "@opentelemetry/sdk-node";
import { x } from "./x.js";

// keep me
const sdk = new NodeSDK({
  serviceName: 'shop', instrumentations: [ getNodeAutoInstrumentations() ],
});
sdk.start();
`
  expect(withAgentInstrumentation(text)).toEqual({
    kind: 'changed',
    text: text
      .replace('"./x.js";', '"./x.js";\nimport { AgentInstrumentation } from "@swarmwatch/instrumentation";')
      .replace('[ get', '[new AgentInstrumentation(),  get'),
  })
})

test.each([
  ['new NodeSDK()', 'new NodeSDK({ instrumentations: [new AgentInstrumentation()] })'],
  ['new NodeSDK({ a: 1 })', 'new NodeSDK({ instrumentations: [new AgentInstrumentation()], a: 1 })'],
  ['new NodeSDK({ instrumentations: [] })', 'new NodeSDK({ instrumentations: [new AgentInstrumentation()] })'],
  ['new NodeSDK({ instrumentations: all() })', 'new NodeSDK({ instrumentations: [new AgentInstrumentation(), all()] })'],
  ['new otel.NodeSDK({})', 'new otel.NodeSDK({ instrumentations: [new AgentInstrumentation()],})'],
])('%s becomes %s, in a file of CommonJS, too', (call, expected) => {
  const text = `'use strict'\nconst otel = require('@opentelemetry/sdk-node')\nconst sdk: unknown = ${call}\n`
  expect(withAgentInstrumentation(text)).toEqual({
    kind: 'changed',
    text: `'use strict'\nconst otel = require('@opentelemetry/sdk-node')\nconst { AgentInstrumentation } = require('@swarmwatch/instrumentation')\nconst sdk: unknown = ${expected}\n`,
  })
})

test.each([
  ['const a = ;', 'it could not be read'],
  ['start()', 'it has not exactly one new NodeSDK()'],
  ['new NodeSDK(); new NodeSDK()', 'it has not exactly one new NodeSDK()'],
  ['new NodeSDK(options)', 'the options of new NodeSDK() are not written there as an object'],
])('%s is left as it is, because %s', (text, reason) => {
  expect(withAgentInstrumentation(text)).toEqual({ kind: 'unknown', reason })
})

test('a second edit finds the first one', () => {
  const edit = withAgentInstrumentation('new NodeSDK()')
  expect(edit.kind === 'changed' && withAgentInstrumentation(edit.text)).toEqual({ kind: 'present' })
  expect(withNextTelemetry(nextInstrumentation('shop', true), 'shop')).toEqual({ kind: 'present' })
})

test("Next.js' register() starts telemetry after what it starts already", () => {
  const text = `import { registerOTel } from '@vercel/otel'\n\nexport function register() {\n  registerOTel('shop')\n}\n`
  expect(withNextTelemetry(text, 'shop')).toEqual({
    kind: 'changed',
    text: `import { registerOTel } from '@vercel/otel'

export async function register() {
  registerOTel('shop')
  if (process.env.NEXT_RUNTIME === 'nodejs') {
    const { startTelemetry } = await import('@swarmwatch/node')
    await startTelemetry({ serviceName: 'shop', handleSignals: true })
  }
}
`,
  })
})

test.each([
  [
    'export async function register() { if (a) return; b() }',
    'register() has a return, so that the end of it may not be reached',
  ],
  ['export const register = () => {}', 'it has no function register()'],
])('%s is left as it is, because %s', (text, reason) => {
  expect(withNextTelemetry(text, 'shop')).toEqual({ kind: 'unknown', reason })
})
