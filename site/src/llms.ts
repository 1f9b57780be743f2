import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { siteUrl } from './addresses.ts'
import { entryPoints } from './api-reference.ts'
import { pageText } from './assemble.ts'
import { readMarkdown } from './markdown.ts'
import { type Page, sections } from './pages.ts'
import { repositoryRoot } from './repository.ts'

/** Writes `llms.txt` (an index) and `llms-full.txt` (all texts but the optional ones) to the folder of the built site, for coding assistants. */
export async function writeLlmsFiles(folder: string): Promise<void> {
  await writeFile(join(folder, 'llms.txt'), await llmsText())
  await writeFile(join(folder, 'llms-full.txt'), await llmsFullText())
}

/** An index of the site as llmstxt.org describes it: a title, a summary, and lists of links to the pages as Markdown. */
export async function llmsText(): Promise<string> {
  const lists = await Promise.all(
    sections.map(async ({ title, pages, isOptional = false }) => {
      const links = (await Promise.all(pages.map(linkTo))).join('\n')
      return { isOptional, links, list: `## ${title}\n\n${links}` }
    }),
  )
  const required = lists.filter(({ isOptional }) => !isOptional).map(({ list }) => list)
  const optional = lists.filter(({ isOptional }) => isOptional).map(({ links }) => links)
  const exports = (await entryPoints()).map(({ name }) => `- [${name}](${siteUrl}/api/${name}.md)`)
  return `${[heading, ...required, `## Exports\n\n${exports.join('\n')}`, `## Optional\n\n${optional.join('\n')}`].join('\n\n')}\n`
}

async function llmsFullText(): Promise<string> {
  const pages = sections.filter(({ isOptional = false }) => !isOptional).flatMap((section) => section.pages)
  const texts = await Promise.all(pages.map(async (page) => `<!-- ${addressOf(page)} -->\n\n${(await textOf(page)).trim()}`))
  return `${[heading, ...texts].join('\n\n')}\n`
}

const heading = `# Swarmwatch

> Recovery, telemetry and alerts for AI agents in Node. Wrap an agent function with \`instrumentAgent(fn)\` of \`@swarmwatch/sdk\`: it is retried when it fails, reports OpenTelemetry traces and metrics, and someone is notified if it stays broken. \`@swarmwatch/node\` starts telemetry, also without code: \`node --import @swarmwatch/node/register app.js\`.

To verify a set-up, run \`npx swarmwatch doctor --json\`. Every setting is in configuration.md, every export below api/.`

async function linkTo(page: Page): Promise<string> {
  const text = await textOf(page)
  const { headings } = readMarkdown(text)
  return `- [${page.title ?? headings[0]!.text}](${addressOf(page)})${summaryOf(text)}`
}

/** The first sentence of prose between the heading and the next one. */
function summaryOf(text: string): string {
  const [, body = ''] = text.replaceAll(/^```[\s\S]*?^```$/gm, '').split(/^# .*$/m)
  const [introduction = ''] = body.split(/^## /m)
  const paragraph = introduction.split(/\n\s*\n/).find((each) => /^\s*[^\s#|<*-]/.test(each)) ?? ''
  const [sentence = ''] = paragraph
    .trim()
    .replaceAll('\n', ' ')
    .replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1')
    .split(/(?<=[.:])\s/)
  return sentence === '' ? '' : `: ${sentence.replace(/[.:]$/, '')}`
}

/** Pages are served as Markdown next to their HTML. */
function addressOf({ route }: Page): string {
  return `${siteUrl}/${route}.md`
}

async function textOf(page: Page): Promise<string> {
  const { text } = pageText(page, await readFile(join(repositoryRoot, page.source), 'utf8'))
  return text.replace(/^---\n[\s\S]*?\n---\n\n/, '')
}
