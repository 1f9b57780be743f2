import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { repositoryRoot, startProgram, type Program } from '@swarmwatch/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { publishedPackages } from '../release/workspace.ts'
import { installRegistry } from './install-packages.ts'
import { runProgram, type Ended } from './run-in.ts'

const notInstalled = await installRegistry()

/** Limits of a hook and of a test that build all packages, which takes a minute on a quiet machine. */
const building = 1_800_000

describe.skipIf(notInstalled !== undefined)('a release', () => {
  let outside: string
  let checkout: string
  let registry: { readonly url: string; readonly program: Program }
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: checkout, encoding: 'utf8' }).trimEnd()
  const release = (...args: string[]): Promise<Ended> =>
    runProgram(checkout, process.execPath, [
      'release/release.ts',
      '--registry',
      registry.url,
      '--out',
      join(outside, 'out'),
      ...args,
    ])

  beforeAll(async () => {
    outside = await mkdtemp(join(tmpdir(), 'swarmwatch-release-'))
    checkout = await copyOfWorkingTree(join(outside, 'checkout'))
    registry = await startRegistry(outside)
    const changesets = {
      'calm-cats': '---\n"@swarmwatch/sdk": minor\n---\n\nfeat: an agent counts cats\n',
      'old-dogs': '---\n"@swarmwatch/node": patch\n---\n\nfix: a page without dogs\nbreaking: dogs have no names\n',
    }
    for (const [name, text] of Object.entries(changesets)) await writeFile(join(checkout, '.changeset', `${name}.md`), text)
    git('add', '--all')
    git('commit', '--quiet', '--message', 'feat: cats')
  }, building)
  afterAll(async () => {
    registry?.program.kill('SIGTERM')
    await registry?.program.ended
    await rm(outside, { recursive: true, force: true })
  })

  test(
    'publishes all packages in one version after a dry run that changes nothing',
    async () => {
      const dry = await release('--dry-run', '--no-provenance')
      expect(dry.status, dry.output).toBe(0)
      expect(dry.output).toContain('versions  0.1.0 -> 0.2.0')
      expect(dry.output).toContain('dry run: would publish @swarmwatch/sdk@0.2.0')
      expect(git('status', '--porcelain')).toBe('')
      expect(await versionsIn(registry.url, '@swarmwatch/sdk')).toEqual([])

      const real = await release('--no-provenance')
      expect(real.status, real.output).toBe(0)
      const names = publishedPackages(checkout).map(({ name }) => name)
      expect(
        Object.fromEntries(await Promise.all(names.map(async (name) => [name, await versionsIn(registry.url, name)]))),
      ).toEqual(Object.fromEntries(names.map((name) => [name, ['0.2.0']])))
      expect(git('tag', '--points-at', 'HEAD')).toBe('v0.2.0')
      expect(git('log', '-1', '--format=%s')).toBe('chore(release): 0.2.0')
      expect(await readdir(join(checkout, '.changeset'))).toEqual(['README.md'])
      const [, released] = (await readFile(join(checkout, 'CHANGELOG.md'), 'utf8')).split(/^## /m)
      expect(released).toMatch(/^0\.2\.0 \(\d{4}-\d\d-\d\d\)\n\n- breaking: /)
      // In addition to those of the changesets that wait for the next release
      expect(released?.split('\n')).toEqual(
        expect.arrayContaining(['- breaking: dogs have no names', '- feat: an agent counts cats', '- fix: a page without dogs']),
      )

      const out = await readdir(join(outside, 'out'))
      expect(out.filter((file) => file.endsWith('.tgz'))).toHaveLength(names.length)
      const bom = JSON.parse(await readFile(join(outside, 'out/swarmwatch-node-0.2.0.cdx.json'), 'utf8')) as Bom
      expect(bom.metadata.component).toMatchObject({ name: 'node', group: '@swarmwatch', version: '0.2.0' })
      expect(bom.components.map(({ purl }) => purl)).toContainEqual(
        expect.stringMatching(/^pkg:npm\/%40opentelemetry\/sdk-metrics@/),
      )
      execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: join(outside, 'out') })

      // As after a failure in the middle: the same commit again
      const again = await release('--no-provenance')
      expect(again.status, again.output).toBe(0)
      expect(again.output.match(/is in the registry, skipped/g)).toHaveLength(names.length)
    },
    building,
  )

  test(
    'mentions the new version in every file that mentioned the old one',
    async () => {
      const mentions = git('grep', '-n', '--fixed-strings', '0.1.0', '--', ':!*pnpm-lock.yaml', ':!CHANGELOG.md', ':!*.test.ts')
      const left = mentions.split('\n').filter((line) => !/gen-?ai|remote-write|bench/i.test(line))
      expect(left).toEqual([])
    },
    building,
  )

  test('an application installs what was published', async () => {
    const application = await mkdtemp(join(outside, 'application-'))
    // Other packages come from the registry of the machine
    await writeFile(join(application, '.npmrc'), `@swarmwatch:registry=${registry.url}\n`)
    await writeFile(join(application, 'package.json'), '{ "private": true, "type": "module" }\n')
    const install = [
      '--yes',
      'pnpm@12.21.0',
      'add',
      '--ignore-scripts',
      '@swarmwatch/sdk',
      '@swarmwatch/node',
      '@opentelemetry/api',
    ]
    const added = await runProgram(application, 'npx', install)
    expect(added.status, added.output).toBe(0)
    const program =
      "import { instrumentAgent } from '@swarmwatch/sdk'\nconsole.log(await instrumentAgent(async () => 'hello', { name: 'a' })())"
    await writeFile(join(application, 'agent.mjs'), program)
    const ran = await runProgram(application, process.execPath, ['--import', '@swarmwatch/node/register', 'agent.mjs'])
    expect(ran.status, ran.output).toBe(0)
    expect(ran.output).toContain('hello')
  })

  test('does not start with a changed file, a changeset without type, or no provenance, and reports all of them', async () => {
    await writeFile(join(checkout, '.changeset/wild.md'), '---\n"@swarmwatch/sdk": minor\n---\n\nsomething new\n')
    const { status, output } = await runProgram(checkout, process.execPath, ['release/release.ts'])
    await rm(join(checkout, '.changeset/wild.md'))
    expect(status).toBe(1)
    expect(output.trim().split('\n')).toEqual([
      'the release cannot start:',
      '- the working tree must be clean: commit or remove the changes first',
      '- .changeset/wild.md: each change must begin with "breaking: ", "feat: " or "fix: ", got "something new"',
      '- release/project.json has placeholders: set the real addresses and isPlaceholder to false, then run pnpm release:links',
      '- provenance needs GitHub Actions with "id-token: write": run the release workflow, or pass --no-provenance',
    ])
  })
})

interface Bom {
  readonly metadata: { readonly component: object }
  readonly components: readonly { readonly purl: string }[]
}

/** A repository with one commit: the files of the working tree, and its dependencies installed. */
async function copyOfWorkingTree(folder: string): Promise<string> {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: repositoryRoot,
    encoding: 'utf8',
  })
  for (const file of files.split('\n').filter(Boolean)) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    // A file that was deleted and not yet committed
    await cp(join(repositoryRoot, file), join(folder, file)).catch(() => {})
  }
  const run = (program: string, ...args: string[]): unknown =>
    execFileSync(program, args, { cwd: folder, env: { ...process.env, CI: '1' } })
  run('git', 'init', '--quiet', '--initial-branch=main')
  run('git', 'config', 'user.name', 'Release Test')
  run('git', 'config', 'user.email', 'release@example.com')
  run('git', 'add', '--all')
  run('git', 'commit', '--quiet', '--message', 'feat: all')
  run('npx', '--yes', 'pnpm@12.21.0', 'install', '--frozen-lockfile', '--prefer-offline')
  return folder
}

/** A registry on a free port of this machine, into which anyone may publish; it has nothing at first. */
async function startRegistry(folder: string): Promise<{ url: string; program: Program }> {
  const config = join(folder, 'registry.yaml')
  const settings = {
    storage: join(folder, 'registry'),
    uplinks: {},
    packages: { '**': { access: '$all', publish: '$all' } },
    log: { type: 'stdout', format: 'pretty', level: 'warn' },
  }
  await writeFile(config, JSON.stringify(settings))
  const url = `http://127.0.0.1:${await freePort()}`
  const verdaccio = join(repositoryRoot, 'test/registry/node_modules/verdaccio/bin/verdaccio')
  const program = startProgram(process.execPath, [verdaccio, '--config', config, '--listen', url], {
    cwd: folder,
    env: process.env,
  })
  await program.printed(/http address/)
  return { url, program }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function versionsIn(registry: string, name: string): Promise<string[]> {
  const response = await fetch(`${registry}/${name.replace('/', '%2f')}`)
  if (response.status === 404) return []
  return Object.keys(((await response.json()) as { versions: object }).versions)
}
