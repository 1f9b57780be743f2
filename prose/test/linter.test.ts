import { describe, expect, test } from 'vitest'

import { hitsOf } from '../linter.ts'

async function linesOf(source: string, path: string): Promise<string[]> {
  const hits = await hitsOf(source, path)
  return hits.map(({ line, column, message }) => `${line}:${column} ${message.replace(/; (?:write|wrap).*/, '')}`)
}

describe('reports a word of the list', () => {
  test.each([
    ['a Markdown page', 'docs/page.md', '# Alerts\n\nThe bridge tells the team.\n', ['3:12 markdown: "tells"']],
    ['a doc comment', 'src/a.ts', '/** Nobody reads it. */\nexport const a = 1\n', ['1:5 doc comment: "Nobody"']],
    ['a comment', 'src/a.ts', 'const a = 1 // it stands here\n', ['1:19 comment: "stands"']],
    ['a log line', 'src/a.ts', "log('the alert is over')\n", ['1:16 string: "is over"']],
    ['a template', 'src/a.ts', 'log(`${name} is lost for good`)\n', ['1:22 string: "for good"']],
    ['a test title', 'test/a.test.ts', "test('is told once', () => log('is told'))\n", ['1:10 test title: "told"']],
    ['a conditional test title', 'test/a.test.ts', "test.skipIf(no)('hears it', () => {})\n", ['1:18 test title: "hears"']],
    ['a YAML comment', 'config/a.yaml', 'a: "# told"\nb: |\n  # told\nc: 1 # as the docs say\n', ['4:20 comment: "say"']],
    ['an environment file', '.env.example', '# Gives the port\nPORT=1\n', ['1:3 comment: "Gives"']],
    [
      'a declared name',
      'src/a.ts',
      'export function openLane(toldAt: number) {}\n',
      ['1:21 identifier: "Lane"', '1:26 identifier: "told"'],
    ],
    ['a file name', 'src/open-world.ts', '', ['0:10 file name: "world"']],
  ])('in %s', async (_, path, source, lines) => {
    expect(await linesOf(source, path)).toEqual(lines)
  })

  test('that a line break divides', async () => {
    expect(await linesOf('/**\n * It is lost for\n * good.\n */\n', 'src/a.ts')).toEqual(['2:15 doc comment: "for good"'])
    expect(await linesOf('// It is lost for\n// good.\n', 'src/a.ts')).toEqual(['1:15 comment: "for good"'])
    expect(await linesOf('It is lost for\ngood.\n', 'a.md')).toEqual(['1:12 markdown: "for good"'])
  })

  test('and a line of Markdown that is too long', async () => {
    const words = 'word '.repeat(30)
    expect(await linesOf(`${words}\n\n| ${words} |\n`, 'a.md')).toEqual(['1:101 markdown: 150 columns'])
  })

  test('when a doc comment begins with "What", and only there', async () => {
    expect(await linesOf('/** What openBridge takes. */\n', 'src/a.ts')).toEqual(['1:5 doc comment: "What"'])
    expect(await linesOf('# What it needs\n', 'a.md')).toEqual([])
  })
})

describe('reports nothing', () => {
  test.each([
    ['in code', 'a.md', 'Run `say told`:\n\n```\ntell nobody\n```\n'],
    ['in code of a comment', 'src/a.ts', '/** Calls `tell()` of {@link World} and prints "told". */\n'],
    ['in paths', 'a.md', 'See packages/x/src/pile/told.ts.\n'],
    ['in single words, which are values', 'src/a.ts', "const kinds = ['told', 'stand', 'odd']\n"],
    ['in addresses of modules', 'src/a.ts', "import { a } from './the told.ts'\n"],
    [
      'where the word is right',
      'a.md',
      'It gives up. 80 % is over 70. This is sent over OTLP. OTLP stands for a protocol. Hello world.\n',
    ],
    ['in older sections of a changelog', 'CHANGELOG.md', '# Changelog\n\n## 2\n\n- fix: x\n\n## 1\n\n- fix: told\n'],
  ])('%s', async (_, path, source) => {
    expect(await linesOf(source, path)).toEqual([])
  })
})
