import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { git, pnpm, publishedPackages } from './workspace.ts'

/** A change that users notice: one typed line of a changeset. */
export interface ChangelogLine {
  readonly type: 'breaking' | 'feat' | 'fix'
  readonly text: string
}

const types = ['breaking', 'feat', 'fix'] as const
const unreleased = '## Unreleased\n'

/** The version that all packages share. Throws when they differ. */
export function sharedVersion(root: string): string {
  const versions = new Set(publishedPackages(root).map(({ version }) => version))
  const [version, ...others] = versions
  if (version === undefined || others.length > 0)
    throw new Error(`all packages must have one version, found ${[...versions].join(', ')}`)
  return version
}

/**
 * Applies the changesets of `.changeset/`: raises the versions, moves the lines into the changelog, replaces the version wherever a file
 * of the repository mentions it, and writes generated files again. Without changesets, only the changelog gets the version of the
 * packages: that is the first release. `date` is the day of the release, YYYY-MM-DD. Returns the version to release.
 * Throws with all problems of the changesets, before it changes a file.
 */
export function applyVersions(root: string, date: string): string {
  const before = sharedVersion(root)
  const changesets = readChangesets(root)
  if (changesets.files.length > 0) pnpm(root, 'version', '--recursive', '--no-git-checks')
  const version = sharedVersion(root)
  for (const file of changesets.files) rmSync(join(root, file))
  // pnpm's own record of changes: CHANGELOG.md of the root is the only one
  for (const file of ['.changeset/ledger.yaml', '.changeset/changelogs'])
    rmSync(join(root, file), { force: true, recursive: true })
  for (const file of globSync(['packages/*/CHANGELOG.md', 'bench/CHANGELOG.md', 'site/CHANGELOG.md'], { cwd: root }))
    rmSync(join(root, file))
  const changelog = join(root, 'CHANGELOG.md')
  writeFileSync(changelog, releasedChangelog(readFileSync(changelog, 'utf8'), version, date, changesets.lines))
  if (version === before) return version
  for (const file of git(root, 'ls-files').split('\n')) {
    if (!existsSync(join(root, file)) || isHistory(file)) continue
    const text = readFileSync(join(root, file), 'utf8')
    const replaced = withVersion(text, before, version)
    if (replaced !== text) writeFileSync(join(root, file), replaced)
  }
  for (const script of ['generate', 'kustomize']) pnpm(root, 'run', script)
  return version
}

/** Files whose mentions of a version are about the past, or about other packages; tests read the version. */
function isHistory(file: string): boolean {
  return /^CHANGELOG\.md$|(?:^|\/)pnpm-lock\.yaml$|^docs\/benchmarks\.md$|^bench\/results\.json$|\.test\.ts$/.test(file)
}

/**
 * Replaces `before` with `after` where it is the version of Swarmwatch: images and packages named `swarmwatch/...` or `swarmwatch-...`,
 * the own images by short name, labels of images, version constants, the chart, and manifests.
 */
export function withVersion(text: string, before: string, after: string): string {
  const old = before.replaceAll('.', '\\.')
  const places = [
    `(swarmwatch[/-][\\w-]+[@: -])${old}`,
    `((?:^|[ "'])(?:alert-bridge|agent-worker|advisor|bridge-proxy):)${old}`,
    `(image\\.version=")${old}`,
    `("(?:@swarmwatch/[\\w-]+|swarmwatch)": "[\\^~]?)${old}`,
    `(export const (?:version|sourceVersion) = ')${old}`,
    `(^(?:version|appVersion): )${old}`,
    `("name": "(?:swarmwatch|swarmwatch-workspace|@swarmwatch/[\\w-]+)",\\n +"version": ")${old}`,
    `(app\\.kubernetes\\.io/version: "?)${old}`,
  ]
  return text.replace(
    new RegExp(`(?:${places.join('|')})(?![\\d.]*\\d)`, 'gm'),
    (match) => match.slice(0, -before.length) + after,
  )
}

/** The changelog after a release: its heading names version and day, and the lines of the changesets come first, by type. */
export function releasedChangelog(changelog: string, version: string, date: string, lines: readonly ChangelogLine[]): string {
  const heading = `## ${version} (${date})\n`
  const entries = types
    .flatMap((type) => lines.filter((line) => line.type === type).map(({ text }) => `- ${type}: ${text}\n`))
    .join('')
  if (changelog.includes(unreleased)) {
    return changelog.replace(`${unreleased}\n`, `${heading}\n${entries}`)
  }
  if (entries === '') return changelog
  const first = changelog.search(/^## /m)
  const at = first === -1 ? changelog.length : first
  return `${changelog.slice(0, at)}${heading}\n${entries}\n${changelog.slice(at)}`
}

interface Changesets {
  readonly files: readonly string[]
  readonly lines: readonly ChangelogLine[]
}

/** Changesets of the repository. Throws with all problems of all files. */
export function readChangesets(root: string): Changesets {
  const files = globSync('.changeset/*.md', { cwd: root })
    .filter((file) => !file.endsWith('README.md'))
    .toSorted()
  const problems: string[] = []
  const lines = files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    // front matter, then the summary
    const summary = /^---\n.*?\n---\n(.*)$/s.exec(text.replaceAll('\r\n', '\n'))?.[1]
    if (summary === undefined)
      problems.push(`${file} must begin with front matter between two lines of ---; write it with pnpm change`)
    const paragraphs = summary?.trim() === '' ? [''] : (summary?.trim().split(/\n(?=(?:breaking|feat|fix): )/) ?? [])
    return paragraphs.flatMap((paragraph) => {
      const [, type, line] = /^(breaking|feat|fix): (\S.*)$/s.exec(paragraph) ?? []
      if (line === undefined) {
        const start = JSON.stringify(paragraph.split('\n', 1)[0])
        problems.push(`${file}: each change must begin with "breaking: ", "feat: " or "fix: ", got ${start}`)
        return []
      }
      return [{ type: type as ChangelogLine['type'], text: line.trim().replaceAll(/\s*\n\s*/g, '\n  ') }]
    })
  })
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return { files, lines }
}
