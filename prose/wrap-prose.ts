/**
 * Wraps paragraphs and list items of Markdown at 100 columns, as the linter wants them. Code, tables, headings and HTML comments are not
 * changed; code within a sentence stays on one line.
 */
export function wrapProse(markdown: string): string {
  return markdown
    .split(/(^```[^]*?^```$)/m)
    .map((part) =>
      part.startsWith('```')
        ? part
        : part
            .split(/(\n{2,}|\n(?=- ))/)
            .map(wrapBlock)
            .join(''),
    )
    .join('')
}

// With code spans, which may contain blanks, as a part of a word
const words = /(?:(`+)(?!`)[^]*?[^`]\1(?!`)|\S)+/g

function wrapBlock(block: string): string {
  if (/^\n*(?:#|\||<!--)/.test(block) || block.trim() === '') return block
  const [, before, text, after] = /^(\n*)([^]*?)(\n*)$/.exec(block)!
  const indent = text!.startsWith('- ') ? '  ' : ''
  const lines: string[] = []
  for (const word of text!.match(words)!) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= 100) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(lines.length === 0 ? word : indent + word)
  }
  return `${before}${lines.join('\n')}${after}`
}
