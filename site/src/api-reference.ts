import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Application, Comment, CommentTag, type ProjectReflection, type TypeDocOptions } from 'typedoc'
import type { PluginOptions } from 'typedoc-plugin-markdown'

import { optionInterfaces } from './option-interfaces.ts'
import { publishedPackages } from './pages.ts'
import { readOptionExamples } from './read-option-examples.ts'
import { repositoryRoot, siteRoot } from './repository.ts'

/** A module that users import, such as `@swarmwatch/sdk/clock`. */
export interface EntryPoint {
  readonly name: string
  /** Absolute path of its source. */
  readonly file: string
}

/** The entry points in `exports` of every published package; those without declarations, such as `register`, have no exports to list. */
export async function entryPoints(): Promise<EntryPoint[]> {
  const all = await Promise.all(
    publishedPackages.map(async (folder) => {
      const path = join(repositoryRoot, 'packages', folder)
      const manifest = JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) as {
        readonly name: string
        readonly exports: Readonly<Record<string, string | { readonly 'swarmwatch-source': string }>>
      }
      return Object.entries(manifest.exports).flatMap(([key, target]): EntryPoint[] => {
        if (typeof target === 'string' || withoutExports.has(`${folder}${key.slice(1)}`)) return []
        const name = `${manifest.name}${key.slice(1)}`
        return [{ name, file: join(path, target['swarmwatch-source']) }]
      })
    }),
  )
  return all.flat()
}

const withoutExports = new Set(['node/register'])

/** The exports of all entry points as TypeDoc reads them. Rejects when a source does not parse. */
export async function readExports(): Promise<{ readonly app: Application; readonly project: ProjectReflection }> {
  const modules = await entryPoints()
  const options: TypeDocOptions & Partial<PluginOptions> = {
    plugin: ['typedoc-plugin-markdown'],
    entryPoints: modules.map(({ file }) => file),
    tsconfig: join(siteRoot, 'tsconfig.reference.json'),
    // tsc checks types already
    skipErrorChecking: true,
    excludeExternals: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    disableSources: true,
    readme: 'none',
    logLevel: 'Error',
    outputFileStrategy: 'modules',
    entryFileName: 'index',
    hideBreadcrumbs: true,
    hidePageHeader: true,
    hideGroupHeadings: true,
    useCodeBlocks: true,
    // The anchors of names that differ only in their case are not those of the headings
    useHTMLAnchors: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    classPropertiesFormat: 'table',
    typeAliasPropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    indexFormat: 'table',
    tableColumnSettings: { hideInherited: true, hideModifiers: true, hideOverrides: true, hideSources: true },
    sort: ['kind', 'alphabetical'],
    groupOrder: ['Functions', 'Interfaces', 'Type Aliases', 'Classes', 'Variables', '*'],
  }
  const app = await Application.bootstrapWithPlugins(options as TypeDocOptions)
  const project = await app.convert()
  if (project === undefined) throw new Error('TypeDoc read no exports; its messages are above')
  // TypeDoc names a module by the path of its file
  const names = new Map(modules.map(({ file, name }) => [file, name]))
  for (const module of project.children ?? []) {
    module.name = names.get(project.getSymbolIdFromReflection(module)?.fileName ?? '') ?? module.name
  }
  return { app, project }
}

/** Writes one page for each entry point to `folder`. */
export async function writeApiReference(folder: string): Promise<void> {
  const { app, project } = await readExports()
  addExamples(project)
  app.options.setValue('out', folder)
  await app.generateOutputs(project)
  for (const file of await readdir(folder, { recursive: true })) {
    if (!file.endsWith('.md')) continue
    const page = join(folder, file)
    // The outline lists the exports; there is no source to edit
    const text = (await readFile(page, 'utf8')).replaceAll(/<a id="([^"]+)"><\/a>\n\n(#+ .+)/g, '$2 {#$1}')
    await writeFile(page, `---\noutline: 2\neditLink: false\n---\n\n${text}`)
  }
}

/** Adds its example to every option, as a tag of its comment. */
function addExamples(project: ProjectReflection): void {
  const examples = readOptionExamples()
  for (const { name, options } of optionInterfaces(project)) {
    for (const option of options) {
      const example = examples.get(name)?.get(option.name)
      if (example === undefined) continue
      option.comment ??= new Comment()
      option.comment.blockTags.push(new CommentTag('@example', [{ kind: 'code', text: `\`${example}\`` }]))
    }
  }
}
