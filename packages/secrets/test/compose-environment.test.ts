import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ConfigurationError } from '@swarmwatch/config'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'

import { readComposeEnvironment } from '../src/compose-environment.ts'

const names = ['A', 'B', 'C', 'ALERT_EMAIL_PASSWORD', 'a.b', 'x-y'] as const

function whyNoCompose(): string | undefined {
  try {
    execFileSync('docker', ['compose', 'version'], { stdio: 'ignore' })
    return undefined
  } catch {
    if (process.env['REQUIRE_STACK'] === '1') throw new Error('REQUIRE_STACK=1, but there is no docker compose')
    console.log('the comparison with Compose is skipped: there is no docker compose')
    return 'there is no docker compose'
  }
}

const folder = mkdtempSync(join(tmpdir(), 'compose-environment-'))
afterAll(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'compose.yml'), `services: { x: { image: none, environment: ${JSON.stringify(names)} } }\n`)

type Values = Readonly<Record<string, string | null>> | 'an error'

/** Returns the variables that Compose reads from the file. */
function byCompose(text: string, shell: Readonly<Record<string, string>>): Values {
  writeFileSync(join(folder, 'env'), text)
  const { status, stdout } = spawnSync('docker', ['compose', '--env-file=env', '--file=compose.yml', 'config', '--format=json'], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...shell },
  })
  if (status !== 0) return 'an error'
  const { services } = JSON.parse(stdout) as { services: { x: { environment: Record<string, string | null> } } }
  const { environment } = services.x
  // `config` prints what Compose could read again
  return Object.fromEntries(names.map((name) => [name, environment[name]?.replaceAll('$$', '$') ?? null]))
}

function byUs(text: string, shell: Readonly<Record<string, string>>): Values {
  try {
    const values = { ...readComposeEnvironment(text, shell), ...shell }
    return Object.fromEntries(names.map((name) => [name, (values as Record<string, string>)[name] ?? null]))
  } catch (error) {
    if (error instanceof ConfigurationError) return 'an error'
    throw error
  }
}

describe.skipIf(whyNoCompose())('an environment file means the same as to Compose:', () => {
  test.each([
    ['a # without a space before it', 'A=abc#def'],
    ['a comment', 'A=abc # def\n# B=1\n  # C=1'],
    ['a # at once', 'A= # comment\nB=#x\nC="x"# comment'],
    ['an escaped quote', 'A="a\\"b"\nB=\'it\\\'s\'\nC=a\\"b'],
    ['single quotes', "A='$B ${C} # \\n \\\\ x'"],
    ['double quotes', 'B=1\nA="$B ${B} # \\n\\t\\\\ \\$B $$B"'],
    ['octal and unknown escapes', 'A="\\0101 \\012 \\0777 \\0400 \\0 \\08 \\09a \\x41 \\u0041 \\c \\q"'],
    ['a $', 'A=$B\nB=$$x\nC=pa$1$ $ x$'],
    ['defaults', 'B=\nA=${B:-x} ${B-x} ${C:-y} ${C-z} ${B:+n} ${B+s} ${C:+n} ${C+s}'],
    ['nested defaults', 'A=${B:-${C:-x}}-${B-a}${C-b}\nB=1'],
    ['a required variable', 'A=${B:?is missing}'],
    ['an unclosed brace', 'A=${B'],
    ['an empty brace', 'A=${}'],
    ['a byte order mark', '\uFEFFA=1\nB=2'],
    ['CRLF', 'A=1\r\nB="2"\r\nC=\'3\' \r\nALERT_EMAIL_PASSWORD=x # y\r\n'],
    ['an export prefix', 'export A=1\nexport\tB=2\nexportC=3\nexport C'],
    ['a value of several lines', 'A="1\n2\n# 3"\nB=\'4\n5\'\nC=6'],
    ['spaces', '  A = 1 2  \nB =\t x \n\n C=\u00a0y\u00a0'],
    ['a colon', 'A: 1\nB:2'],
    ['a name alone', 'A\nB=1\nC'],
    ['a name twice', 'A=1\nA=2$A'],
    ['an unclosed quote', 'A="1\nB=2'],
    ['text after a quote', 'A="1"B=2'],
    ['a space in a name', 'A B=1'],
    ['a name of other letters', 'A&B=1'],
    ['a name with a digit, a dot, a dash', '1A=1\na.b=2\nx-y=3'],
    ['a backslash without quotes', 'A=a\\nb\\$B\\\\'],
    ['an empty file', ''],
  ])('%s', (_what, text) => {
    expect(byUs(text, {})).toEqual(byCompose(text, {}))
    expect(byUs(`${text}\n`, { B: 'of the shell' })).toEqual(byCompose(`${text}\n`, { B: 'of the shell' }))
  })

  const piece = fc.oneof(
    fc.constantFrom(
      'a',
      'B',
      '1',
      ' ',
      '#',
      ' #',
      "'",
      '"',
      '\\',
      '$',
      '$$',
      '${',
      '}',
      '${A}',
      '$B',
      '${B:-',
      '${C-',
      '${A:+',
      '${A+x}',
    ),
    fc.constantFrom(
      '${A:?e}',
      '\t',
      '\r',
      '\n',
      '\n\n',
      '=',
      ':',
      '\\n',
      '\\"',
      "\\'",
      '\\\\',
      '\\$',
      '\\0101',
      '\\t',
      '\u00a0',
      '\u00e4',
      '-',
      '?',
      '+',
    ),
  )
  const value = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
  const quoted = fc
    .tuple(fc.constantFrom('"', "'"), value, fc.constantFrom('', ' # c', ' '))
    .map(([quote, text, rest]) => quote + text + quote + rest)
  const line = fc
    .tuple(
      fc.constantFrom('', 'export ', ' '),
      fc.constantFrom(...names),
      fc.constantFrom('=', ' = ', ': ', '= '),
      fc.oneof(value, quoted),
    )
    .map((parts) => parts.join(''))
  const file = fc
    .tuple(
      fc.constantFrom('', '\uFEFF'),
      fc.array(fc.oneof({ weight: 8, arbitrary: line }, { weight: 1, arbitrary: value }), { minLength: 1, maxLength: 4 }),
      fc.constantFrom('\n', '\r\n'),
    )
    .map(([mark, lines, end]) => mark + lines.join(end) + end)

  test('any file', { timeout: 300_000 }, () => {
    const runs = Number(process.env['COMPOSE_ENVIRONMENT_RUNS'] ?? 100)
    fc.assert(
      fc.property(file, fc.constantFrom({}, { B: 'of the shell' }), (text, shell) => {
        expect(byUs(text, shell)).toEqual(byCompose(text, shell))
      }),
      { numRuns: runs },
    )
  })
})

test('a file that cannot be read is reported with its line and without its values', () => {
  const read = (text: string): string => {
    try {
      return JSON.stringify(readComposeEnvironment(text))
    } catch (error) {
      return (error as Error).message
    }
  }
  const messages = ['A=1\n\nB="s3cret\n', 'A=1\nB s3cret=1\n', 'A=${s3cret\n', 'A=1\n#\nB&=s3cret'].map(read)
  expect(messages.map((message) => /\.env\.production:\d/.exec(message)?.[0])).toEqual([
    '.env.production:3',
    '.env.production:2',
    '.env.production:1',
    '.env.production:3',
  ])
  for (const message of messages) expect(message).not.toContain('s3cret')
})
