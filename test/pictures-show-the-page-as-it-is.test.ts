import { readdir, readFile } from 'node:fs/promises'

import { startTelemetry } from '@swarmwatch/node'
import { currentExecution, instrumentAgent } from '@swarmwatch/sdk'
import { eventually } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { hashOfPrograms, type Pictures, picturesFolder, sha256 } from './pictures/make-pictures.ts'

const pictures = JSON.parse(await readFile(new URL('pictures.json', picturesFolder), 'utf8')) as Pictures

test('the pictures are those that `pnpm pictures` makes today, and none has more than 150 kB', async () => {
  expect(pictures.madeBy, 'run npx pnpm@12.21.0 pictures').toBe(hashOfPrograms())
  const names = (await readdir(picturesFolder)).filter((name) => name !== 'pictures.json')
  expect(names.toSorted()).toEqual(Object.keys(pictures.files).toSorted())
  for (const name of names) {
    const content = await readFile(new URL(name, picturesFolder))
    expect(sha256(content), name).toBe(pictures.files[name])
    expect(content.length, name).toBeLessThan(150_000)
  }
})

test('the README shows every picture', async () => {
  const readme = await readFile('README.md', 'utf8')
  const shown = [...readme.matchAll(/(?:src|srcset)="docs\/pictures\/([^"]+)"/g)].map(([, name]) => name!)
  expect(shown.toSorted()).toEqual(Object.keys(pictures.files).toSorted())
})

test('the status page still has every section and column that the pictures show', async () => {
  const telemetry = await startTelemetry({ serviceName: 'pictured', metrics: { port: 0 }, monitor: { port: 0 } })
  const running = new AbortController()
  try {
    const agent = instrumentAgent(
      async (signal?: AbortSignal) => {
        if (currentExecution()?.attempt === 1) throw new Error('busy')
        if (signal !== undefined) await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
      { name: 'pictured', recovery: { baseDelaySeconds: 0.01 }, logger: false },
    )
    await agent()
    const run = agent(running.signal)
    const page = await eventually('the run to be on the page', async () => {
      const text = await (await fetch(telemetry.pageUrl!)).text()
      return /<section id="running">[^]*<tbody/.test(text) && text
    })
    const heads = [...page.matchAll(/<(?:h2|th)\b[^>]*>([^<]*)/g)].map(([, text]) => text!.trim())
    expect(pictures.pageShows.filter((head) => !heads.includes(head))).toEqual([])
    running.abort()
    await run
  } finally {
    running.abort()
    await telemetry.shutdown()
  }
})
