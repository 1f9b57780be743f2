import { escapedText, type Escape } from '../message/escaped-text.ts'

/** Characters that begin markup anywhere in a line. */
const inLine = /[\\`*_~[\]<>|]/
/** Characters that begin markup at the start of a line: headings, lists, small text. */
const atLineStart = /[#+=-]/

/**
 * Escapes a character for the Markdown of Discord, Mattermost and Rocket.Chat. A character without width separates `@` and `<` from
 * what follows, so that `@everyone`, `@channel` and `<!channel>` notify no one.
 */
export const escapeMarkdown: Escape = (character, before) => {
  if (character === '@' && (before === undefined || !/[\p{L}\p{N}.]/u.test(before))) return '@\u200B'
  if (character === '<') return String.raw`\<` + '\u200B'
  if (inLine.test(character)) return `\\${character}`
  return atLineStart.test(character) && (before === undefined || before === '\n') ? `\\${character}` : character
}

/** External text for Markdown, at most `max` UTF-16 code units after escaping. */
export function markdownText(text: string, max: number): string {
  return escapedText(text, max, { escape: escapeMarkdown })
}

/** A link in Markdown; the words are escaped already. */
export function markdownLink(words: string, url: string): string {
  return `[${words}](${url.replaceAll('(', '%28').replaceAll(')', '%29')})`
}
