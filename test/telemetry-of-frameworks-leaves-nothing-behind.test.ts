import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { answer, openModelProvider, toolCalls } from '@swarmwatch/testkit/providers'
import { expect, test } from 'vitest'

import { installFrameworks } from './install-packages.ts'

const run = promisify(execFile)
const whyNot = await installFrameworks()
const program = fileURLToPath(new URL('frameworks/left-behind.mjs', import.meta.url))

/** Returns what the program finds at its end; with `MODE` other than `plain`, after `shutdown()`. */
async function foundAtTheEnd(MODE: 'plain' | 'early' | 'late'): Promise<Readonly<Record<string, unknown>>> {
  await using provider = await openModelProvider(({ json }) =>
    /"role":"tool"|function_call_output/.test(JSON.stringify(json))
      ? answer('done')
      : toolCalls({ name: 'look', input: { place: 'Bern' } }),
  )
  const env = { PATH: process.env['PATH'], MODE, PROVIDER_URL: provider.url }
  const { stdout } = await run(process.execPath, ['--conditions=swarmwatch-source', program], { env })
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Readonly<Record<string, unknown>>
}

test.skipIf(whyNot).each(['early', 'late'] as const)(
  'after shutdown() of telemetry that started %s, globals, channels, listeners and frameworks are as without telemetry',
  async (mode) => {
    expect(await foundAtTheEnd(mode)).toEqual(await foundAtTheEnd('plain'))
  },
)
