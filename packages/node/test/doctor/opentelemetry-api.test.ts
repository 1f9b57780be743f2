import { expect, test } from 'vitest'

import { findingLine } from '../../src/doctor/finding.ts'
import { checkApi, isInRange } from '../../src/doctor/opentelemetry-api.ts'
import { apiOf, applicationWith } from './application-with.ts'

const api = '@opentelemetry/api'
const linesFor = (folder: string): string[] => checkApi(folder).map(findingLine)

test('one copy that all can use is fine', () => {
  const folder = applicationWith({
    '': { name: 'app', dependencies: { [api]: '^1.10.0', lib: '1' } },
    'node_modules/lib': { name: 'lib', version: '1.0.0', peerDependencies: { [api]: '^1.9.0' } },
    'node_modules/@opentelemetry/api': apiOf('1.10.0'),
  })
  expect(linesFor(folder)).toEqual(['[OK]    one copy of @opentelemetry/api, 1.10.0'])
})

test('two copies in nested folders are reported with the packages that install them', () => {
  const folder = applicationWith({
    '': { name: 'app', version: '0.1.0', dependencies: { [api]: '^1.10.0', 'old-lib': '2' } },
    'node_modules/old-lib': { name: 'old-lib', version: '2.0.0', dependencies: { [api]: '^1.9.0' } },
    'node_modules/@opentelemetry/api': apiOf('1.10.0'),
    'node_modules/old-lib/node_modules/@opentelemetry/api': apiOf('1.9.1'),
  })
  expect(linesFor(folder)).toEqual([
    '[WRONG] 2 copies of @opentelemetry/api: 1.9.1 (installed by old-lib 2.0.0) and 1.10.0 (installed by app 0.1.0); data recorded with one copy is invisible to the other. Use 1.10.0 everywhere: "overrides" in package.json (npm) or pnpm-workspace.yaml (pnpm), "resolutions" (yarn), then install again',
  ])
})

/**
 * An application that needs one version of the API, and a library with its SDK that needs another
 * one.
 */
const between = (own: string, ownSdk: string, sdkRange: string) =>
  applicationWith({
    '': { name: 'app', dependencies: { [api]: own, '@opentelemetry/sdk-trace-base': '2', telemetry: '1' } },
    'node_modules/@opentelemetry/sdk-trace-base': {
      name: '@opentelemetry/sdk-trace-base',
      version: '2.12.0',
      peerDependencies: { [api]: sdkRange },
    },
    'node_modules/telemetry': { name: 'telemetry', version: '1.0.0', dependencies: { [api]: ownSdk } },
    'node_modules/@opentelemetry/api': apiOf('1.9.1'),
    'node_modules/telemetry/node_modules/@opentelemetry/api': apiOf('1.10.0'),
  })

test('where one version suits all, it is the cure, also when it is not the newest', () => {
  expect(
    linesFor(between('^1.9.0', '>=1.9.0', '>=1.3.0 <1.10.0')).map((line) =>
      line.replace(/.*silently|.*invisible to the other/, ''),
    ),
  ).toEqual([
    '. Use 1.9.1 everywhere: "overrides" in package.json (npm) or pnpm-workspace.yaml (pnpm), "resolutions" (yarn), then install again',
  ])
})

test('where no version suits all, one line names the packages to update; updating them solves the problem', () => {
  const lines = linesFor(between('1.9.1', '^1.10.0', '>=1.3.0 <1.10.0'))
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(
    /No version satisfies all of them, so an override only moves the problem: update app \(wants 1\.9\.1\), @opentelemetry\/sdk-trace-base 2\.12\.0 \(wants >=1\.3\.0 <1\.10\.0\) to a release that accepts 1\.10\.0 \(in your own package\.json: change the range\), then install again$/,
  )
  // Done: they take 1.10.0, but 1.9.1 is still there
  expect(linesFor(between('^1.9.0', '^1.10.0', '>=1.10.0 <1.11.0'))[0]).toContain('Use 1.10.0')
})

test('copies of one version share what is registered, so they are fine', () => {
  const folder = applicationWith({
    '': { name: 'app', dependencies: { [api]: '^1.10.0', lib: '1' } },
    'node_modules/lib': { name: 'lib', version: '1.0.0', dependencies: { [api]: '^1.9.0' } },
    'node_modules/@opentelemetry/api': apiOf('1.10.0'),
    'node_modules/lib/node_modules/@opentelemetry/api': apiOf('1.10.0'),
  })
  expect(linesFor(folder)).toEqual(['[OK]    2 copies of @opentelemetry/api, all 1.10.0'])
})

test('two copies behind links, as pnpm makes them, are two; one copy behind two links is one', () => {
  const store = {
    'node_modules/.pnpm/api@1.10.0': apiOf('1.10.0'),
    'node_modules/.pnpm/api@1.9.1': apiOf('1.9.1'),
    'node_modules/.pnpm/a@1/node_modules/a': { name: 'a', version: '1.0.0', dependencies: { [api]: '^1.9.0' } },
    '': { name: 'app', dependencies: { a: '1' }, devDependencies: { [api]: '^1.9.0' } },
  }
  const links = {
    'node_modules/a': 'node_modules/.pnpm/a@1/node_modules/a',
    'node_modules/@opentelemetry/api': 'node_modules/.pnpm/api@1.10.0',
  }
  const own = 'node_modules/.pnpm/a@1/node_modules/@opentelemetry/api'
  expect(linesFor(applicationWith(store, { ...links, [own]: 'node_modules/.pnpm/api@1.10.0' }))).toEqual([
    '[OK]    one copy of @opentelemetry/api, 1.10.0',
  ])
  expect(linesFor(applicationWith(store, { ...links, [own]: 'node_modules/.pnpm/api@1.9.1' }))[0]).toMatch(
    /^\[WRONG\] 2 copies of @opentelemetry\/api: 1\.9\.1 \(installed by a 1\.0\.0\) and 1\.10\.0 \(installed by app\)/,
  )
})

test('an API 1.9 under an SDK 3 is reported with the package that needs a newer one', () => {
  const sdk = { version: '3.1.1', peerDependencies: { [api]: '>=1.10.0 <1.11.0' } }
  const folder = applicationWith({
    '': { name: 'app', dependencies: { [api]: '1.9.1', '@opentelemetry/sdk-trace': '3', '@opentelemetry/sdk-metrics': '3' } },
    'node_modules/@opentelemetry/sdk-trace': { name: '@opentelemetry/sdk-trace', ...sdk },
    'node_modules/@opentelemetry/sdk-metrics': { name: '@opentelemetry/sdk-metrics', ...sdk },
    'node_modules/@opentelemetry/api': apiOf('1.9.1'),
  })
  const [line, ...others] = linesFor(folder)
  expect([line?.replace(/sdk-(trace|metrics)/g, 'sdk-x'), others]).toEqual([
    '[WRONG] @opentelemetry/api is 1.9.1, but @opentelemetry/sdk-x 3.1.1, @opentelemetry/sdk-x 3.1.1 needs >=1.10.0 <1.11.0: telemetry may be missing without an error. No version satisfies all of them, so an override only moves the problem: update app (wants 1.9.1) to a release that accepts 1.10.0 (in your own package.json: change the range), then install again',
    [],
  ])
})

test('a folder inside the application finds what the application has', () => {
  const folder = applicationWith({
    '': { name: 'app', dependencies: { [api]: '^1.10.0' } },
    'node_modules/@opentelemetry/api': apiOf('1.10.0'),
    'packages/worker': { name: 'worker', dependencies: { [api]: '^1.10.0' } },
  })
  expect(linesFor(`${folder}/packages/worker/src`)).toEqual(['[OK]    one copy of @opentelemetry/api, 1.10.0'])
})

test('an application without the API gets a finding that names the folder to check', () => {
  expect(linesFor(applicationWith({ '': { name: 'app' } }))).toEqual([
    '[WRONG] @opentelemetry/api is not installed here: run the doctor in the folder of the application, or install it there',
  ])
})

test.each([
  ['1.10.0', '^1.9.0', true],
  ['1.9.1', '>=1.10.0 <1.11.0', false],
  ['1.10.2', '>= 1.10.0 < 1.11.0', true],
  ['1.11.0', '>=1.10.0 <1.11.0', false],
  ['2.0.0', '^1.9.0', false],
  ['1.9.1', '~1.9', true],
  ['1.10.0', '~1.9.0', false],
  ['1.9.0', '1.9.0 || ^2', true],
  ['1.9.1', '1.9.0', false],
  ['1.9.1', '1.9', true],
  ['0.5.1', '^0.4.0', false],
  ['1.10.0-beta.1', '>1.9', true],
  ['1.0.0', '<=1.0.0', true],
  ['1.0.0', 'workspace:*', true],
  ['1.0.0', '*', true],
])('%s is in %s: %s', (version, range, expected) => {
  expect(isInRange(version, range)).toBe(expected)
})
