import { openHttpServer } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { runAdvise } from '../src/index.ts'

const matcher = 'deployment_environment_name="prod"'

test.each([[[]], [['--json']], [['--markdown']]])(
  'a matcher that finds no agents is exit code 2 and a sentence with the cure: %j',
  async (options) => {
    await using prometheus = await openHttpServer((_request, response) => {
      response.setHeader('content-type', 'application/json')
      response.end('{"status":"success","data":{"resultType":"matrix","result":[]}}')
    })
    const [printed, errors]: [string[], string[]] = [[], []]
    const code = await runAdvise(['--prometheus', prometheus.url, ...options], {
      env: { PROMETHEUS_MATCHERS: matcher, ADVISOR_WEEKS: '1' },
      print: (text) => void printed.push(text),
      printError: (text) => void errors.push(text),
    })
    expect(code).toBe(2)
    const lines = options.length === 0 ? printed : errors
    expect(lines.join('\n')).toContain(
      `Prometheus has no executions of agents with ${matcher} in the last week: correct PROMETHEUS_MATCHERS, or unset it to include all agents.`,
    )
    expect(printed.join()).toMatch(/PROMETHEUS.?_MATCHERS/)
  },
)
