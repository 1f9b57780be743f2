import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'

import { expect, test } from 'vitest'

import { headingAnchor } from '../src/heading-anchor.ts'
import { type MarkdownDocument, readMarkdown } from '../src/markdown.ts'
import { repositoryRoot } from '../src/repository.ts'
import { knownHosts } from './known-hosts.ts'

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: repositoryRoot,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((file) => existsSync(join(repositoryRoot, file)))

const documents = new Map<string, MarkdownDocument>()
function documentOf(file: string): MarkdownDocument {
  const known = documents.get(file) ?? readMarkdown(readFileSync(join(repositoryRoot, file), 'utf8'))
  documents.set(file, known)
  return known
}

const links = files.flatMap((file) => documentOf(file).links.map((link) => ({ file, ...link })))
/** Addresses of this machine, and of hosts that are reserved for examples. */
const isExample = (url: string): boolean => /^https?:\/\/(127\.0\.0\.1|localhost|([\w-]+\.)*example\.com)([:/]|$)/.test(url)
const isOutside = (url: string): boolean => /^[a-z][a-z+.-]*:/i.test(url)

test('every link of every Markdown file leads to a file, and to a heading in it', () => {
  const inside = links.filter(({ url }) => !isOutside(url))
  expect(inside.length).toBeGreaterThan(200)
  expect(
    inside.flatMap(({ file, url, line }) =>
      problemOf(file, url) === undefined ? [] : [`${file}:${line}: ${url}: ${problemOf(file, url)}`],
    ),
  ).toEqual([])
})

// The network of CI is closed, so no address is requested: its form and its host are checked
test('every address outside is https and of a host in known-hosts.ts, and every host there is used', () => {
  const outside = links.filter(({ url }) => isOutside(url) && !isExample(url))
  console.log(`${outside.length} addresses outside were not requested: only their form and host were checked`)
  const wrong = outside.filter(
    ({ url }) => !URL.canParse(url) || new URL(url).protocol !== 'https:' || !knownHosts.has(new URL(url).hostname),
  )
  expect(wrong.map(({ file, line, url }) => `${file}:${line}: ${url}`)).toEqual([])
  const used = new Set(outside.map(({ url }) => new URL(url).hostname))
  expect([...knownHosts].filter((host) => !used.has(host))).toEqual([])
})

/** Why a link of a file leads nowhere; undefined when it does not. */
function problemOf(file: string, url: string): string | undefined {
  const [path = '', anchor] = url.split('#')
  const target = path === '' ? file : posix.normalize(posix.join(posix.dirname(file), decodeURI(path)))
  const absolute = join(repositoryRoot, target)
  if (!existsSync(absolute)) return 'no such file'
  if (anchor === undefined) return undefined
  if (statSync(absolute).isDirectory() || !target.endsWith('.md')) return 'an anchor of something that is not Markdown'
  return anchorsOf(target).has(anchor) ? undefined : 'no such heading'
}

function anchorsOf(file: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const { text } of documentOf(file).headings) {
    const anchor = headingAnchor(text)
    let unique = anchor
    for (let again = 1; anchors.has(unique); again += 1) unique = `${anchor}-${again}`
    anchors.add(unique)
  }
  return anchors
}
