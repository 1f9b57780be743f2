import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { SourceMap } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { build } from 'esbuild'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { consumerOf, installed, packPublished, type PackedPackage, published } from './packed-packages.ts'
import { runProgram, runScript } from './run-in.ts'
import { typesOfWrappers } from './typed-consumer.ts'

let outside: string
let packed: PackedPackage[]
let consumer: string
const packedAs = (name: string): PackedPackage => packed.find((each) => each.name === name)!

beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'swarmwatch-sizes-'))
  packed = await packPublished(outside)
  consumer = await consumerOf(packed, outside, { '@types/node': installed('', '@types/node') })
}, 600_000)
afterAll(() => rm(outside, { recursive: true, force: true }))

/** The table of the page: kB of each package, alone, with its dependencies, and at most. */
const page = readFileSync('docs/package-sizes.md', 'utf8')
const rows = new Map(
  [...page.matchAll(/^\| `([@\w/-]+)` +\|(.*)\|$/gm)].map(
    ([, name, cells]) => [name!, cells!.split('|').map((cell) => Number(cell.trim()))] as const,
  ),
)

describe.each(published)('@swarmwatch/%s, packed', (name) => {
  test('has no problem that publint or Are the Types Wrong finds', async () => {
    const { folder, tarball } = packedAs(name)
    expect((await publint({ pkgDir: folder, pack: false, strict: true })).messages).toEqual([])
    // The package swarmwatch has a program only
    if (name === 'cli') return
    const analysis = await checkPackage(createPackageFromTarballData(await readFile(tarball)))
    // ES modules only: CommonJS loads them with require(), which Node 22 and newer can
    const others = 'problems' in analysis ? analysis.problems.filter(({ kind }) => kind !== 'CJSResolvesToESM') : 'no types'
    expect(Array.isArray(others) ? others.filter((problem) => !isOfOldResolution(problem)) : others).toEqual([])
  })

  test('is within its budget, and as large as docs/package-sizes.md states', async () => {
    const { name: packageName } = packedAs(name).manifest
    const [own, all, limit] = rows.get(packageName)!
    const entry = name === 'cli' ? `${consumer}/node_modules/swarmwatch/dist/cli.mjs` : packageName
    const code = `export * from '${entry}'`
    const measured = [await sizeOf(code, 'alone'), await sizeOf(code)].map(inKilobytes)
    expect(measured[0]).toBeLessThanOrEqual(limit!)
    // Within a fifth, so that not every change needs another table
    for (const [index, stated] of [own!, all!].entries())
      expect(Math.abs(measured[index]! / stated - 1), `docs/package-sizes.md: ${measured.join(' and ')} kB`).toBeLessThan(0.2)
  })

  test('has a source map for each program, with the source that it points to', async () => {
    const { folder, files } = packedAs(name)
    const programs = files.filter((file) => /^dist\/.*\.mjs$/.test(file))
    expect(programs).not.toEqual([])
    for (const program of programs) {
      const code = await readFile(join(folder, program), 'utf8')
      // a file that only exports from others has nothing to map
      if (!code.includes('//#region')) continue
      expect(code).toContain(`//# sourceMappingURL=${program.slice('dist/'.length)}.map`)
      const map = JSON.parse(await readFile(join(folder, `${program}.map`), 'utf8')) as ConstructorParameters<typeof SourceMap>[0]
      expect(new Set(map.sourcesContent.map((content) => typeof content))).toEqual(new Set(['string']))
      // relative paths: none of the machine that built it
      expect(map.sources.filter((source) => !source.startsWith('../'))).toEqual([])
    }
  })
})

/** Node 10 knows no exports, and the packages need Node 22. */
const isOfOldResolution = (problem: { readonly kind: string; readonly resolutionKind?: string }): boolean =>
  problem.resolutionKind === 'node10'

test('docs/package-sizes.md lists every package', () => {
  expect([...rows.keys()].toSorted()).toEqual(packed.map(({ manifest }) => manifest.name).toSorted())
})

test('a stack trace through the packed sdk names its source files', async () => {
  const program = `
    import { instrumentAgent } from '@swarmwatch/sdk'
    const agent = instrumentAgent(async () => { throw new TypeError('from the agent') }, { name: 'x', recovery: false, logger: false })
    await agent().catch((error) => console.log(error.stack))
    try { instrumentAgent(1) } catch (error) { console.log(error.stack) }`
  await runScript(consumer, 'stack.mjs', program)
  const { output } = await runProgram(consumer, process.execPath, ['--enable-source-maps', 'stack.mjs'])
  const [, file, line] = /\((?:file:\/\/)?\S*sdk\/(src\/instrument-agent\.ts):(\d+):\d+\)/.exec(output) ?? []
  expect(file, output).toBe('src/instrument-agent.ts')
  expect(readFileSync(`packages/sdk/${file}`, 'utf8').split('\n')[Number(line) - 1]).toMatch(/\w/)
})

describe('tree shaking', () => {
  test.each(published.filter((name) => isFreeOfSideEffects(name)))(
    '@swarmwatch/%s leaves nothing where nothing is used',
    async (name) => {
      expect(await codeOf(`import '@swarmwatch/${name}'`)).toBe('')
    },
  )

  test.each([
    ['healthScore', 0.2],
    ['errorType', 0.3],
    ['sqliteOnceStore', 0.25],
    ['instrumentTool', 0.55],
  ])('of the sdk, %s brings at most %d of the whole', async (name, share) => {
    const whole = await sizeOf("export * from '@swarmwatch/sdk'")
    const one = await sizeOf(`export { ${name} } from '@swarmwatch/sdk'`)
    expect(one / whole).toBeLessThan(share)
  })

  test('of the instrumentation, claudeAgent() brings no price table', async () => {
    const whole = await sizeOf("export * from '@swarmwatch/instrumentation'")
    expect((await sizeOf("export { claudeAgent } from '@swarmwatch/instrumentation'")) / whole).toBeLessThan(0.35)
  })
})

test.each(['typescript', 'typescript-5'])('types of wrapped functions are right with %s', async (compiler) => {
  await runScript(consumer, 'types.ts', typesOfWrappers)
  const flags =
    '--noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2024 --types node --skipLibCheck false'
  const tsc = join(installed('', compiler), 'bin/tsc')
  expect(await runProgram(consumer, process.execPath, [tsc, ...flags.split(' '), 'types.ts'])).toEqual({ status: 0, output: '' })
})

function isFreeOfSideEffects(name: string): boolean {
  const manifest = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8')) as { sideEffects?: boolean }
  return manifest.sideEffects === false
}

/** Bundle of a program, minified; `alone` leaves the dependencies of the packages out. */
async function codeOf(program: string, dependencies?: 'alone'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: consumer },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    write: false,
    logLevel: 'silent',
    // the peers, which the application has
    external: ['pg', 'pg-native', '@opentelemetry/api', '@openfeature/server-sdk'],
    plugins:
      dependencies === 'alone'
        ? [
            {
              name: 'without-dependencies',
              setup: (bundler) =>
                bundler.onResolve({ filter: /^[^.]/ }, ({ path, importer }) =>
                  importer === '<stdin>' ? undefined : { path, external: true },
                ),
            },
          ]
        : [],
  })
  return outputFiles[0]!.text
}

async function sizeOf(program: string, dependencies?: 'alone'): Promise<number> {
  return gzipSync(await codeOf(program, dependencies), { level: 9 }).length
}

const inKilobytes = (bytes: number): number => Math.round(bytes / 100) / 10
