import { expect, test } from 'vitest'

import { wrapProse } from '../wrap-prose.ts'

const measured = (...counts: number[]): string[] =>
  counts.map((count) => Array.from({ length: count }, () => 'measured').join(' '))
const [long] = measured(30)

test('wraps paragraphs and list items at 100 columns, and no code, table, heading or comment', () => {
  const kept = `\`\`\`\n${long}\n\`\`\`\n\n| ${long} |\n| --- |\n\n<!-- ${long} -->`
  expect(wrapProse(`# ${long}\n\n${long}\n\n${kept}\n\n- ${long}\n- one\n`)).toBe(
    `# ${long}\n\n${measured(11, 11, 8).join('\n')}\n\n${kept}\n\n- ${measured(11, 11, 8).join('\n  ')}\n- one\n`,
  )
})

test('joins lines that are too short', () => {
  expect(wrapProse('one\ntwo\n\n- three\n  four\n')).toBe('one two\n\n- three four\n')
})

test('does not break code within a sentence', () => {
  const code = `\`${'a '.repeat(40)}b\``
  expect(wrapProse(`- one two three four five ${code} as \`\` x \` y \`\`\n`)).toBe(
    `- one two three four five\n  ${code} as \`\` x \` y \`\`\n`,
  )
})
