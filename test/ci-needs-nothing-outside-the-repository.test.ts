import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { repositoryRoot } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'

const npx = ['kubernetes:tools', 'test', 'bench'].map((script) => `npx --yes pnpm@12.21.0 ${script}`)

/** A checkout with `.ci/run` only. Its programs print their command line, and `npx` does nothing else. */
async function checkout(): Promise<{ folder: string; run: (env?: Record<string, string>) => Promise<unknown> }> {
  const path = temporaryFolder()
  const folder = join(path, 'checkout')
  await mkdir(join(folder, '.ci'), { recursive: true })
  await copyFile(join(repositoryRoot, '.ci/run'), join(folder, '.ci/run'))
  for (const program of ['npx', 'node', 'git', 'chromium', 'docker']) await script(join(path, 'bin', program), program)
  return {
    folder,
    async run(env = {}) {
      const PATH = `${join(path, 'bin')}:/usr/bin:/bin`
      const ended = await promisify(execFile)(join(folder, '.ci/run'), { env: { PATH, ...env } }).then(
        ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
        ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
      )
      const commands = ended.stdout.split('\n').filter((line) => /^(?:npx|engines)/.test(line))
      return { code: ended.code, commands, error: ended.stderr }
    },
  }
}

async function script(file: string, name: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `#!/bin/sh\necho "${name} $*"\n`)
  await chmod(file, 0o755)
}

test('CI runs the tests and the benchmark without any script for Docker', async () => {
  const { run } = await checkout()
  expect(await run()).toEqual({ code: 0, commands: npx, error: '' })
})

test('CI runs the script for Docker that SWARMWATCH_ENGINES names, and none if it is empty', async () => {
  const { folder, run } = await checkout()
  const named = join(folder, 'my-engines')
  await script(named, 'engines: named')
  expect(await run({ SWARMWATCH_ENGINES: named })).toEqual({ code: 0, commands: ['engines: named ', ...npx], error: '' })
  await script(join(folder, '../shared/offline/setup'), 'engines: sibling')
  expect(await run({ SWARMWATCH_ENGINES: '' })).toEqual({ code: 0, commands: npx, error: '' })
})

test('CI runs the script for Docker next to the checkout if SWARMWATCH_ENGINES is not set', async () => {
  const { folder, run } = await checkout()
  await script(join(folder, '../shared/offline/setup'), 'engines: sibling')
  expect(await run()).toEqual({ code: 0, commands: ['engines: sibling ', ...npx], error: '' })
})

test('CI runs the script for Docker again if it fails once, and ends if it fails twice', async () => {
  const { folder, run } = await checkout()
  const named = join(folder, 'my-engines')
  await script(named, 'engines: first try')
  await writeFile(
    named,
    `#!/bin/sh\n[ -e "$0.tried" ] && exec echo engines: second try\ntouch "$0.tried"\necho engines: first try\nexit 1\n`,
  )
  expect(await run({ SWARMWATCH_ENGINES: named })).toEqual({
    code: 0,
    commands: ['engines: first try', 'engines: second try', ...npx],
    error: '',
  })
  await writeFile(named, '#!/bin/sh\necho engines: a try\nexit 1\n')
  expect(await run({ SWARMWATCH_ENGINES: named })).toEqual({ code: 1, commands: ['engines: a try', 'engines: a try'], error: '' })
})

test('CI does not start if SWARMWATCH_ENGINES names no executable file', async () => {
  const { run } = await checkout()
  expect(await run({ SWARMWATCH_ENGINES: './missing' })).toEqual({
    code: 2,
    commands: [],
    error: 'SWARMWATCH_ENGINES must name an executable file, got ./missing\n',
  })
})
