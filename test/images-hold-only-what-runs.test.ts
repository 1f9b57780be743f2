import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

import { composeFile, repositoryRoot, runDocker } from '@swarmwatch/testkit'
import { buildImages } from '@swarmwatch/testkit/stack'
import { beforeAll, describe, expect, test } from 'vitest'

const isWanted = process.env['REQUIRE_STACK'] === '1'
if (!isWanted) console.log('skipped: what is in the images; it needs Docker, and REQUIRE_STACK=1 runs it')

const images = Object.values(composeFile().services).flatMap(({ image, build }) => (build ? [image] : []))
const canary = 'a-secret-that-lies-where-the-build-could-find-it'

/** A copy of what a build may read, with secrets lying about in it. */
function checkoutWithSecrets(): string {
  const folder = mkdtempSync(join(tmpdir(), 'checkout-'))
  const parts = [
    'package.json',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'tsconfig.json',
    'tsconfig.base.json',
    'LICENSE',
    'packages',
  ]
  const ofBuild = ['Dockerfile.production', 'docker-compose.production.yml', '.dockerignore', '.env.production.example']
  const isWritten = (path: string): boolean => !['node_modules', 'dist', '.tsc'].includes(basename(path))
  for (const part of [...parts, ...ofBuild]) {
    cpSync(join(repositoryRoot, part), join(folder, part), { recursive: true, filter: isWritten })
  }
  for (const place of ['.', 'packages/agent-worker', 'packages/alert-bridge']) {
    mkdirSync(join(folder, place, '.secrets'))
    for (const file of ['.env', '.env.production', '.secrets/otlp_token']) writeFileSync(join(folder, place, file), canary)
  }
  return folder
}

/** Which of `texts` occur in the saved image, all its layers and its configuration. */
function foundIn(image: string, texts: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn('docker', ['save', image], { stdio: ['ignore', 'pipe', 'inherit'] })
    const found = new Set<string>()
    let tail = ''
    child.stdout.on('data', (chunk: Buffer) => {
      const text = tail + chunk.toString('latin1')
      for (const one of texts) if (text.includes(one)) found.add(one)
      tail = text.slice(-200)
    })
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve([...found]) : reject(new Error(`docker save ${image}: ${code}`))))
  })
}

describe.runIf(isWanted)('the images', () => {
  beforeAll(async () => {
    const checkout = checkoutWithSecrets()
    try {
      await buildImages(checkout)
    } finally {
      rmSync(checkout, { recursive: true })
    }
  }, 600_000)

  test.for(images)('%s contains no secret from the folder of the sources', async (image) => {
    // The licence label shows that what is looked for would be found
    expect(await foundIn(image, [canary, 'Apache-2.0'])).toEqual(['Apache-2.0'])
  })

  test.for(images.filter((image) => !image.includes('collector')))(
    '%s holds no package manager, no test and no tool of development',
    async (image) => {
      const list = `const { readdirSync } = require('node:fs')
      const folders = readdirSync('/app/node_modules/.pnpm').concat(readdirSync('/app'), readdirSync('/usr/local/bin'))
      console.log(JSON.stringify(folders))`
      const { output } = await runDocker(['run', '--rm', '--network=none', '--entrypoint=node', image, '--eval', list])
      const names = JSON.parse(output) as string[]
      expect(names).toContain('node_modules')
      expect(
        names.filter((name) =>
          /^(?:vitest|typescript|tsdown|oxlint|fast-check|smtp-server)@|^(?:npm|npx|corepack|yarn|test)$/.test(name),
        ),
      ).toEqual([])
    },
  )

  test.for(images)('%s has a description, and runs as a user other than 0', async (image) => {
    const { output } = await runDocker(['image', 'inspect', image])
    const [{ Config: config }] = JSON.parse(output) as [{ Config: { User: string; Labels: Record<string, string> } }]
    expect(config.User).toBe('10001:10001')
    for (const label of ['title', 'description', 'version', 'licenses']) {
      expect(config.Labels[`org.opencontainers.image.${label}`]).toMatch(/\S/)
    }
  })
})
