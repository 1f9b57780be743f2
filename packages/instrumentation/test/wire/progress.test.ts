import { currentExecution, getActiveExecutions, instrumentAgent, type ExecutionRecord } from '@swarmwatch/sdk'
import { expect, test } from 'vitest'

import { observeWire } from './observed-calls.ts'
import { events, eventStream, startScriptedServer } from './scripted-server.ts'

const chunk = (content: string): string => events({ id: 'c-1', model: 'm', choices: [{ index: 0, delta: { content } }] })
const end = events({ id: 'c-1', model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }, '[DONE]')

/** Asks the model for a stream, as clients do. */
async function ask(url: string): Promise<Response> {
  const { signal } = currentExecution()!
  return fetch(`${url}/v1/chat/completions`, { method: 'POST', body: '{"model":"m","stream":true}', signal })
}

test('request, chunks and end of a streamed model call are progress of an agent that only awaits its text', async () => {
  await observeWire()
  const seen: (string | undefined)[] = []
  const isRead = Promise.withResolvers<void>()
  const look = (): void => void seen.push(getActiveExecutions({ agentName: 'reader' })[0]?.lastProgress)
  const { url } = await startScriptedServer(() => {
    look()
    return { headers: eventStream, pieces: [chunk('a'), () => isRead.promise, end] }
  })
  const agent = instrumentAgent(
    async () => {
      const response = await ask(url)
      const reader = response.body!.getReader()
      await reader.read()
      look()
      isRead.resolve()
      while (!(await reader.read()).done);
      look()
    },
    { name: 'reader', logger: false },
  )
  await agent()
  expect(seen).toEqual(['model call started', 'chunk of a model call', 'model call ended'])
})

test('a model that falls silent in the middle of its answer ends the attempt, the request is aborted, and the next one succeeds', async () => {
  const telemetry = await observeWire()
  const closed = Promise.withResolvers<void>()
  const records: ExecutionRecord[] = []
  let requests = 0
  const { url } = await startScriptedServer(() => {
    requests += 1
    if (requests > 1) return { headers: eventStream, pieces: [chunk('whole'), end] }
    const silence = (response: { once(event: 'close', listener: () => void): unknown }): Promise<void> => {
      response.once('close', () => closed.resolve())
      return closed.promise
    }
    return { headers: eventStream, pieces: [chunk('half'), silence] }
  })
  const agent = instrumentAgent(
    async () => {
      records.push(...getActiveExecutions({ agentName: 'reader' }))
      return (await ask(url)).text()
    },
    { name: 'reader', logger: false, recovery: { maxRetries: 1, stallTimeoutSeconds: 2 } },
  )
  expect(await agent()).toContain('whole')
  await closed.promise
  expect(records.map(({ lastProgress }) => lastProgress)).toEqual(['attempt started', 'attempt started'])
  expect(await telemetry.points('agent.retries')).toMatchObject([{ attributes: { 'error.type': 'timeout' }, value: 1 }])
})
