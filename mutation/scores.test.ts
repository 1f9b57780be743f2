import { expect, test } from 'vitest'

import { scoresOf, tooLow, withScores, type Report } from './scores.ts'

const at = (line: number, from: number, to: number) => ({ start: { line, column: from }, end: { line, column: to } })

const report: Report = {
  files: {
    'src/a.ts': {
      source: 'if (a < b) go()\nreturn `x`',
      mutants: [
        { status: 'Survived', replacement: '``', location: at(2, 8, 11) },
        { status: 'NoCoverage', replacement: 'a <= b', location: at(1, 5, 10) },
        { status: 'Killed', replacement: 'true', location: at(1, 5, 10) },
        { status: 'Timeout', replacement: 'false', location: at(1, 5, 10) },
        { status: 'RuntimeError', replacement: 'crash', location: at(1, 5, 10) },
      ],
    },
    'src/types.ts': { source: '', mutants: [] },
  },
}

test('a report of mutants becomes a score for each file and a list of what no test noticed', () => {
  expect(scoresOf(report)).toMatchInlineSnapshot(`
    "| file | mutants | unnoticed | timed out | noticed |
    |---|--:|--:|--:|--:|
    | src/a.ts | 4 | 2 | 1 | 50.0 % |
    | all | 4 | 2 | 1 | 50.0 % |

    Unnoticed:

    - \`a.ts:1\` \`\` a < b \`\` as \`\` a <= b \`\`
    - \`a.ts:2\` \`\` \`x\` \`\` as \`\` \`\` \`\`"
  `)
})

test('scores replace only the text between their markers, and a page without them is refused', () => {
  const page = '<!-- scores: a -->\nold\n<!-- end of scores -->\n<!-- scores: b -->\nkept\n<!-- end of scores -->\n'
  expect(withScores(page, 'a', 'new')).toBe(page.replace('\nold\n', '\n\nnew\n\n'))
  expect(() => withScores(page, 'c', 'new')).toThrow('docs/mutation.md must contain "<!-- scores: c -->"')
})

test('a file with 85 % or less is too low, also next to a better one; a file without mutants is not', () => {
  const fileOf = (killed: number, survived: number): Report['files'][string] => ({
    source: '',
    mutants: [...Array(killed).fill('Killed'), ...Array(survived).fill('Survived')].map((status) => ({
      status,
      location: at(1, 1, 2),
    })),
  })
  const files = { 'a.ts': fileOf(17, 3), 'b.ts': fileOf(86, 14), 'c.ts': fileOf(1, 1), 'types.ts': fileOf(0, 0) }
  expect(tooLow({ files })).toEqual(['a.ts 85.0 %', 'c.ts 50.0 %'])
})
