import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { defineConfig, type DefaultTheme, type UserConfig } from 'vitepress'

import { repositoryUrl } from '../src/addresses.ts'
import { headingAnchor } from '../src/heading-anchor.ts'
import { readMarkdown } from '../src/markdown.ts'
import { sections } from '../src/pages.ts'
import { siteRoot } from '../src/repository.ts'

const config: UserConfig<DefaultTheme.Config> = defineConfig({
  title: 'Swarmwatch',
  description: 'Recovery, telemetry and alerts for AI agents in Node.',
  lang: 'en',
  srcDir: '.pages',
  outDir: 'dist',
  cacheDir: '../node_modules/.cache/vitepress',
  // Where the site is served below a path, such as /swarmwatch/
  base: (process.env['SITE_BASE'] as `/${string}/` | undefined) ?? '/',
  markdown: {
    anchor: { slugify: headingAnchor },
    toc: { slugify: headingAnchor },
    headers: { slugify: headingAnchor },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    languageAlias: { jsonnet: 'js' },
    config: (md) => {
      // Vue would evaluate text between double braces
      for (const type of ['text', 'code_inline']) {
        const render = md.renderer.rules[type]!
        md.renderer.rules[type] = (...args) => render(...args).replaceAll('{{', '&#123;&#123;')
      }
    },
  },
  vite: {
    // The esbuild of Vite 5 does not know the target of tsconfig.base.json
    esbuild: { tsconfigRaw: '{}' },
    // The search index is one file
    build: { chunkSizeWarningLimit: 10_000 },
  },
  ignoreDeadLinks: 'localhostLinks',
  // The link "Edit this page" leads to the document, not to its copy in .pages
  transformPageData: ({ frontmatter, filePath }) => ({ filePath: (frontmatter['source'] as string | undefined) ?? filePath }),
  // The first page of the theme has no landmark
  transformHtml: (html) => html.replace('class="VPHome"', 'class="VPHome" role="main"'),
  themeConfig: {
    search: { provider: 'local' },
    outline: 'deep',
    sidebar: {
      '/': sections.filter(({ folder }) => folder === undefined).map(sidebarGroup),
      '/runbooks/': sections.filter(({ folder }) => folder === 'runbooks').map(sidebarGroup),
      '/api/': [apiGroup()],
    },
    nav: [
      { text: 'Get started', link: '/getting-started' },
      { text: 'Settings', link: '/configuration' },
      { text: 'API', link: '/api/' },
      { text: 'Runbooks', link: '/runbooks/' },
      { text: 'Changelog', link: '/changelog' },
    ],
    // A function would be copied into the pages without the names that it refers to
    editLink: { pattern: `${repositoryUrl}/edit/main/:path`, text: 'Edit this page' },
  },
})
export default config

function sidebarGroup({ title, pages }: (typeof sections)[number]): DefaultTheme.SidebarItem {
  const items = pages.map(({ route, title: text = titleOf(`${route}.md`) }) => ({
    text,
    link: `/${route.replace(/index$/, '')}`,
  }))
  if (title === 'Reference') items.push({ text: 'API: every export', link: '/api/' })
  return { text: title, items }
}

function apiGroup(): DefaultTheme.SidebarItem {
  const folder = join(siteRoot, '.pages/api')
  const items = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !file.endsWith('index.md'))
    .toSorted()
    .map((file) => ({ text: titleOf(`api/${file}`), link: `/api/${file.replace(/\.md$/, '')}` }))
  return { text: 'API', link: '/api/', items }
}

function titleOf(file: string): string {
  const [first] = readMarkdown(readFileSync(join(siteRoot, '.pages', file), 'utf8')).headings
  if (first === undefined) throw new Error(`${file} must have a heading: it is the title of the page`)
  return first.text
}
