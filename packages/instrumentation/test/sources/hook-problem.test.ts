import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { openTemporaryFolder, startProgram } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

const source = import.meta.resolve('@swarmwatch/instrumentation')
const program = `
import { AiSdkInstrumentation, LangChainInstrumentation, OpenAIAgentsInstrumentation } from ${JSON.stringify(source)}
const sources = [AiSdkInstrumentation, OpenAIAgentsInstrumentation, LangChainInstrumentation].map((Source) => new Source({ enabled: false }))
console.log(JSON.stringify(sources.map((source) => [source.found() ?? null, source.hookProblem([process.cwd()]) ?? null])))
`

/** Prints what the sources find in a folder that contains these packages, each with one file of JavaScript. */
async function reportOf(
  packages: Readonly<Record<string, { readonly version: string; readonly code: string }>>,
): Promise<unknown> {
  using folder = openTemporaryFolder()
  for (const [name, { version, code }] of Object.entries(packages)) {
    const dist = path.join(folder.path, 'node_modules', name, 'dist')
    await mkdir(dist, { recursive: true })
    await writeFile(path.join(dist, 'index.js'), code)
    await writeFile(path.join(dist, '..', 'package.json'), JSON.stringify({ name, version, main: 'dist/index.js' }))
  }
  const file = path.join(folder.path, 'program.mts')
  await writeFile(file, program)
  const started = startProgram(process.execPath, ['--conditions=swarmwatch-source', file], {
    cwd: folder.path,
    env: process.env,
  })
  return JSON.parse((await started.printed(/^\[.*\]$/m))[0])
}

test('sources find nothing where no framework is installed', async () => {
  expect(await reportOf({})).toEqual([
    [null, null],
    [null, null],
    [null, null],
  ])
})

test('sources find an installed framework, and no problem while it contains the names they depend on', async () => {
  const report = await reportOf({
    ai: { version: '7.0.173', code: 'globalThis.AI_SDK_TELEMETRY_INTEGRATIONS' },
    '@openai/agents-core': {
      version: '0.20.0',
      code: "'openai.agents.core.traceProvider' + 'openai.agents.core.asyncLocalStorage'",
    },
    '@langchain/core': {
      version: '1.4.0',
      code: "'ls:tracing_async_local_storage' + 'lc:context_variables' + 'lc:configure_hooks'",
    },
  })
  expect(report).toEqual([
    ['ai-sdk 7.0.173', null],
    ['openai-agents 0.20.0', null],
    ['langchain 1.4.0', null],
  ])
})

test('a source describes what an installed framework does not contain, and the cure', async () => {
  const report = await reportOf({
    ai: { version: '6.0.100', code: '' },
    '@openai/agents-core': { version: '0.3.0', code: "'openai.agents.core.traceProvider'" },
    '@langchain/core': { version: '2.0.0', code: "'lc:context_variables'" },
  })
  expect(report).toEqual([
    [
      'ai-sdk 6.0.100',
      'ai 6.0.100 does not read AI_SDK_TELEMETRY_INTEGRATIONS, so its tool calls are not visible; use ai 7, or 6.0.326 or newer',
    ],
    [
      'openai-agents 0.3.0',
      '@openai/agents-core 0.3.0 has no global openai.agents.core.asyncLocalStorage, so its tool calls are not visible or not nested; use 0.8.0 to 0.20.x',
    ],
    [
      'langchain 2.0.0',
      '@langchain/core 2.0.0 has no ls:tracing_async_local_storage, lc:configure_hooks, so its tool calls are not visible; use 0.3.30 to 1.4.x',
    ],
  ])
})
