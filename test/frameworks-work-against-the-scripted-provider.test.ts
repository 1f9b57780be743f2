import { answer, openModelProvider, toolCalls } from '@swarmwatch/testkit/providers'
import { describe, expect, test } from 'vitest'

import { frameworksToTest } from './frameworks-to-test.ts'

const frameworks = await frameworksToTest()

describe.skipIf(Object.keys(frameworks).length === 0)('an agent of a real framework', () => {
  const cases = Object.entries(frameworks).flatMap(([name, framework]) => [
    [name, 'plain', framework] as const,
    [name, 'stream', framework] as const,
  ])

  test.for(cases)('%s, %s: answers as the provider did, after it called its tool', async ([, kind, framework]) => {
    const { hasTools, plain, stream, read } = framework
    const script = hasTools ? [toolCalls({ name: 'look', input: { place: 'Bern' } }), answer()] : [answer()]
    await using provider = await openModelProvider(script)
    const text = kind === 'plain' ? await plain(provider) : await read(await stream(provider))
    expect(text).toBe('answer-marker')
    expect(provider.requests).toMatchObject(script.map(() => ({ isStream: kind === 'stream', end: 'complete' })))
  })
})
