import { connect } from 'node:net'

import { expect, test } from 'vitest'

import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'
import { token } from '../helpers/token.ts'

test('answers 503, which Alertmanager retries, to a request whose body never comes', async () => {
  const bridge = await startedBridge({ channels: [recordingChannel()], requestTimeoutMs: 500 })
  const socket = connect(bridge.service.port, '127.0.0.1')
  socket.write(`POST /api/v1/alerts HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ncontent-length: 100\r\n\r\n{`)
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
  await new Promise((resolve) => socket.once('close', resolve))
  expect(answer).toMatch(/^HTTP\/1.1 503 /)
})
