// Speaks the protocol of Claude Code 2.1.332 over stdio: writes the messages that it wrote in a recorded case, which CLAUDE_CASE names.
// Its own binary has 380 MB; with CLAUDE_CODE=/path/to/claude the test runs it as well

import { createInterface } from 'node:readline'

// As of the real one, the totals of a session that is resumed contain those of its CLAUDE_EARLIER_CALLS
const { CLAUDE_CASE, CLAUDE_SESSION = '86d2bd18-f1dd-4139-b0dd-5179a88624a4', CLAUDE_EARLIER_CALLS = '0' } = process.env
const isResumed = process.argv.some((each) => each === '--continue' || each.startsWith('--resume'))
const session_id = process.argv.includes('--fork-session') ? `${CLAUDE_SESSION}-fork` : CLAUDE_SESSION
const earlierCalls = isResumed ? Number(CLAUDE_EARLIER_CALLS) : 0
const model = 'claude-sonnet-4-5'
const usage = { input_tokens: 10, cache_creation_input_tokens: 5, cache_read_input_tokens: 7, output_tokens: 1 }
const total = (calls) => ({
  inputTokens: 10 * calls,
  outputTokens: 20 * calls,
  cacheReadInputTokens: 7 * calls,
  cacheCreationInputTokens: 5 * calls,
  thinkingTokens: 0,
  costUSD: 0.00035 * calls,
  canonicalModel: model,
  provider: 'firstParty',
})

const init = { type: 'system', subtype: 'init', model, tools: ['mcp__t__add'] }
// One message for each block of an answer; the number of output tokens is the one at its start
const answer = (id, ...content) =>
  content.map((block) => ({
    type: 'assistant',
    parent_tool_use_id: null,
    message: { id, model, role: 'assistant', content: [block], stop_reason: null, usage },
  }))
const text = { type: 'text', text: 'done' }
const toolUse = (id) => ({ type: 'tool_use', id, name: 'mcp__t__add', input: { a: 1, b: 2 } })
const toolResult = (tool_use_id, result) => ({
  type: 'user',
  message: { role: 'user', content: [{ tool_use_id, type: 'tool_result', ...result }] },
})
const result = (calls, more = {}) => ({
  type: 'result',
  subtype: 'success',
  is_error: false,
  result: 'done',
  api_error_status: null,
  num_turns: calls,
  total_cost_usd: 0.00035 * calls,
  usage: {
    input_tokens: 10 * calls,
    cache_creation_input_tokens: 5 * calls,
    cache_read_input_tokens: 7 * calls,
    output_tokens: 20 * calls,
  },
  modelUsage: calls === 0 ? {} : { [model]: total(calls) },
  ...more,
})
const retry = (attempt) => ({
  type: 'system',
  subtype: 'api_retry',
  attempt,
  max_retries: 2,
  error_status: 529,
  error: 'overloaded',
})
const failed = (api_error_status) => [
  {
    type: 'assistant',
    message: {
      id: `synthetic-${api_error_status}`,
      model: '<synthetic>',
      role: 'assistant',
      content: [{ type: 'text', text: 'API Error' }],
    },
    error: 'server_error',
    api_error_status,
  },
  result(0, { is_error: true, api_error_status, result: `API Error: ${api_error_status}` }),
]

const cases = {
  tool: [
    ...answer('msg_1', text, toolUse('toolu_1')),
    toolResult('toolu_1', { content: '3' }),
    ...answer('msg_2', text),
    result(2),
  ],
  toolError: [
    ...answer('msg_1', toolUse('toolu_1')),
    toolResult('toolu_1', { content: 'the secret-marker', is_error: true }),
    ...answer('msg_2', text),
    result(2),
  ],
  helperModel: [
    ...answer('msg_1', text),
    result(1, {
      modelUsage: { [`${model}[1m]`]: total(1), 'claude-haiku-4-5': { ...total(1), outputTokens: 3, costUSD: 0.001 } },
    }),
  ],
  retried: [retry(1), retry(2), ...answer('msg_1', text), result(1)],
  overloaded: [retry(1), retry(2), ...failed(529)],
  unauthorized: failed(401),
  maxTurns: [
    ...answer('msg_1', toolUse('toolu_1')),
    toolResult('toolu_1', { content: '3' }),
    result(1, { subtype: 'error_max_turns', is_error: true, errors: ['Reached maximum number of turns (1)'] }),
  ],
  // The last answer of a subagent is no message; its usage is in the result of the tool
  subagent: [
    ...answer('msg_1', toolUse('toolu_1')),
    ...answer('msg_2', text).map((each) => ({ ...each, parent_tool_use_id: 'toolu_1' })),
    {
      ...toolResult('toolu_1', { content: '3' }),
      tool_use_result: { status: 'completed', resolvedModel: model, usage: { ...usage, output_tokens: 20 } },
    },
    ...answer('msg_3', text),
    { ...result(2), num_turns: 4 },
  ],
  crash: [...answer('msg_1', text, toolUse('toolu_1'))],
}

const write = (message) => process.stdout.write(`${JSON.stringify({ session_id, ...message })}\n`)
let turns = 0
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line)
  if (message.type === 'control_request')
    write({ type: 'control_response', response: { subtype: 'success', request_id: message.request_id, response: {} } })
  if (message.type !== 'user') continue
  turns += 1
  if (turns === 1) write(init)
  const messages = JSON.parse(JSON.stringify(cases[CLAUDE_CASE]).replaceAll(/(msg|toolu)_(\d)/g, `$1_${process.pid}_${turns}_$2`))
  for (const each of messages) {
    // The totals are those of all turns
    if (each.type === 'result' && each.modelUsage[model])
      Object.assign(each.modelUsage[model], total(earlierCalls + each.num_turns * turns))
    write(each)
  }
  const last = messages.at(-1)
  if (last.type !== 'result' || last.is_error) process.exitCode = 1
  if (last.type !== 'result') process.exit()
}
