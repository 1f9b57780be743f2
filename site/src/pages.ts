import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { repositoryRoot } from './repository.ts'

/** A page of the site that is read from a Markdown file of the repository. */
export interface Page {
  /** Path of the file in the repository. */
  readonly source: string
  /** Path of the page in the site, without extension: `guide/queues`. */
  readonly route: string
  /** Text of its link. @default the first heading of the file */
  readonly title?: string
}

/** A group of pages in the navigation. */
export interface Section {
  readonly title: string
  readonly pages: readonly Page[]
  /** The folder with all its pages, if the navigation shows it only there. */
  readonly folder?: 'runbooks'
  /** Whether an agent that only writes code can do without these pages: they are in the section "Optional" of `llms.txt`. @default false */
  readonly isOptional?: boolean
}

/** Packages whose README is a page, and whose exports are in the reference. */
export const publishedPackages = [
  'sdk',
  'node',
  'instrumentation',
  'testing',
  'alert-bridge',
  'advisor',
  'config',
  'stack',
] as const

/** All pages in the order of the navigation. */
export const sections: readonly Section[] = [
  {
    title: 'Start',
    pages: [
      ...pagesOf('getting-started', 'init', 'concepts', 'recipes'),
      { source: 'examples/README.md', route: 'examples' },
      { source: 'skills/instrument-with-swarmwatch/SKILL.md', route: 'skill' },
      ...pagesOf('comparison'),
    ],
  },
  {
    title: 'Agents',
    pages: pagesOf(
      'frameworks',
      'best-practices',
      'queues',
      'safe-recovery',
      'errors',
      'model-calls',
      'experiments',
      'testing',
      'migration',
    ),
  },
  {
    title: 'See and notify',
    pages: pagesOf('status-page', 'dashboards', 'channels', 'channel-messages', 'incidents', 'escalation', 'advisor'),
  },
  {
    title: 'Operate',
    pages: pagesOf('operations', 'scaling', 'kubernetes', 'regions', 'troubleshooting'),
  },
  {
    title: 'Reference',
    pages: [...pagesOf('configuration'), { source: 'registry/README.md', route: 'telemetry-names' }],
  },
  {
    title: 'Packages',
    pages: [...publishedPackages, 'cli'].map((name) => ({ source: `packages/${name}/README.md`, route: `packages/${name}` })),
  },
  {
    title: 'Runbooks',
    folder: 'runbooks',
    isOptional: true,
    pages: [
      { source: 'docs/runbooks/README.md', route: 'runbooks/index' },
      ...markdownFiles('docs/runbooks')
        .filter((name) => name !== 'README')
        .map((name) => ({ source: `docs/runbooks/${name}.md`, route: `runbooks/${name}` })),
    ],
  },
  {
    title: 'Evidence',
    isOptional: true,
    pages: pagesOf('statistics', 'benchmarks', 'package-sizes', 'mutation', 'applications'),
  },
  {
    title: 'Project',
    isOptional: true,
    pages: [
      { source: 'CHANGELOG.md', route: 'changelog' },
      { source: 'CONTRIBUTING.md', route: 'contributing' },
      ...pagesOf('releasing'),
    ],
  },
]

/** Names of the Markdown files in a folder of the repository, without extension. */
export function markdownFiles(folder: string): string[] {
  return readdirSync(join(repositoryRoot, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.slice(0, -'.md'.length))
    .toSorted()
}

function pagesOf(...names: readonly string[]): Page[] {
  return names.map((name) => ({ source: `docs/${name}.md`, route: name }))
}
