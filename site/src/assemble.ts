import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'

import { repositoryUrl } from './addresses.ts'
import { writeApiReference } from './api-reference.ts'
import { homePage } from './home-page.ts'
import { readMarkdown } from './markdown.ts'
import { type Page, sections } from './pages.ts'
import { repositoryRoot, siteRoot } from './repository.ts'

/** Folder with the pages as VitePress reads them; git ignores it. */
const pagesFolder = join(siteRoot, '.pages')

/** Writes the pages from the documents and from the types of the packages. Rejects with all links that lead nowhere. */
export async function assemblePages(): Promise<void> {
  await rm(pagesFolder, { recursive: true, force: true })
  await writeApiReference(join(pagesFolder, 'api'))
  const problems: string[] = []
  for (const page of allPages) {
    const { text, missing } = pageText(page, await readFile(join(repositoryRoot, page.source), 'utf8'))
    problems.push(...missing)
    await write(`${page.route}.md`, text)
  }
  await write('index.md', homePage(await readFile(join(repositoryRoot, 'README.md'), 'utf8')))
  // VitePress serves `public` from the root of the site
  await cp(join(repositoryRoot, 'docs/pictures'), join(pagesFolder, 'public/pictures'), { recursive: true })
  if (problems.length > 0) throw new Error(`links lead to no file:\n${problems.join('\n')}`)
}

/** Copies the pages as Markdown to the built site: `llms.txt` links to them. */
export async function copyMarkdown(dist: string): Promise<void> {
  await cp(pagesFolder, dist, {
    recursive: true,
    filter: (path) => path.endsWith('/runbooks/index.md') || !/\/(index\.md|public)$/.test(path),
  })
}

/** Every page that is read from a document. */
export const allPages: readonly Page[] = sections.flatMap(({ pages }) => pages)

const routes = new Map(allPages.map(({ source, route }) => [source, route]))

/**
 * The text of a document as a page: links to other documents lead to their pages, links to other files to the repository.
 * `missing` lists the links to files that do not exist.
 */
export function pageText(page: Page, source: string): { readonly text: string; readonly missing: readonly string[] } {
  const missing: string[] = []
  let text = source
  for (const { url, start, end, line } of readMarkdown(source).links.toReversed()) {
    const target = targetOf(url, page)
    if (target === undefined) missing.push(`${page.source}:${line}: ${url}`)
    else text = `${text.slice(0, start)}${target}${text.slice(end)}`
  }
  // Its own front matter, that of a skill, is not for readers, nor are comments
  return {
    text: `${frontMatter(page)}${text.replace(/^---\n[\s\S]*?\n---\n\n/, '').replaceAll(/^<!--[\s\S]*?-->\n\n?/gm, '')}`,
    missing,
  }
}

/** The address in the site, or undefined if the link leads to no file. */
function targetOf(url: string, { source, route }: Page): string | undefined {
  if (/^[a-z]+:/i.test(url) || url.startsWith('#')) return url
  const [path = '', anchor] = url.split('#')
  const file = posix.normalize(posix.join(posix.dirname(source), path)).replace(/\/$/, '')
  const suffix = anchor === undefined ? '' : `#${anchor}`
  const target = routes.get(file) ?? routes.get(`${file}/README.md`)
  if (target !== undefined) return `${relative(route, target)}.md${suffix}`
  if (file.startsWith('docs/pictures/')) return file.replace(/^docs/, '')
  if (!existsSync(join(repositoryRoot, file))) return undefined
  return file === 'README.md' ? `${relative(route, 'index')}.md` : `${repositoryUrl}/blob/main/${file}${suffix}`
}

function relative(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to)
  return path.startsWith('.') ? path : `./${path}`
}

/** The address of the source, for the link "Edit this page". */
function frontMatter({ source }: Page): string {
  return `---\nsource: ${source}\n---\n\n`
}

async function write(path: string, text: string): Promise<void> {
  const file = join(pagesFolder, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}
