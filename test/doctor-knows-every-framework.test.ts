import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { installFrameworks } from './install-packages.ts'

const reason = await installFrameworks()

test.skipIf(reason !== undefined)('swarmwatch doctor finds the hooks of every installed framework, and names the gaps', () => {
  const program = ['--conditions=swarmwatch-source', join(repositoryRoot, 'packages/node/src/cli.ts'), 'doctor', '--json']
  const env = { METRICS_PORT: '0', MONITOR_PORT: '0' }
  const { stdout } = spawnSync(process.execPath, program, { cwd: join(repositoryRoot, 'test/frameworks'), env, encoding: 'utf8' })
  const { findings } = JSON.parse(stdout) as { findings: readonly { level: string; text: string }[] }
  // These packages depend on several copies of the API
  const isAboutFrameworks = ({ text }: { text: string }): boolean => !text.includes('@opentelemetry/api')
  expect(findings.filter(({ level }) => level === 'wrong').filter(isAboutFrameworks)).toEqual([])
  const text = findings.map((finding) => finding.text.replaceAll(/ \d+\.\d+\.\d+/g, '')).join('\n')
  expect(text).toContain(
    'model calls and tool calls are seen for ai, openai, @openai/agents, @langchain/core, @anthropic-ai/sdk, @google/genai, ' +
      '@modelcontextprotocol/sdk, @modelcontextprotocol/client, @modelcontextprotocol/server, @mastra/core, ',
  )
  for (const part of [
    '@ai-sdk/otel makes a second invoke_agent span',
    'openai repeats a failed request up to 2 times',
    '@modelcontextprotocol/server: its tool calls are seen only if',
    '@anthropic-ai/claude-agent-sdk: its model calls are made by a child process',
  ])
    expect(text).toContain(part)
})
