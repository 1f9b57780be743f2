import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import { answerQuestions } from '../own-process.ts'

// A process of its own: takes OTLP over HTTP, after the number of milliseconds in the first argument

const answersAfterMs = Number(process.argv[2])
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    void delay(answersAfterMs).then(() => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end())
  })
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

answerQuestions<'endpoint', string>(async () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
