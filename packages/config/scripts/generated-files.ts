import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { channelRegions, deliveryRegistry } from './channel-regions.ts'
import { configurationPage } from './configuration-page.ts'
import { editorSchema } from './file-json-schema.ts'

/** A file of the repository that is generated from the settings, or contains generated regions. */
export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string
  /** The expected content, before formatting. */
  readonly text: string
}

/** Every file that is generated from the settings and committed. */
export function generatedFiles(): GeneratedFile[] {
  return [
    { path: 'config/production.schema.json', text: `${JSON.stringify(editorSchema(), null, 2)}\n` },
    { path: 'docs/configuration.md', text: configurationPage() },
    { path: 'packages/alert-bridge/src/channels/registry.ts', text: deliveryRegistry() },
    ...Object.entries(channelRegions()).map(([path, regions]) => ({ path, text: withRegions(path, regions) })),
  ]
}

/** The path of a file of the repository. */
export function pathInRepository(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url))
}

/** The present file with the lines between `# begin generated: <name>` and `# end generated` replaced, at the same indentation. */
function withRegions(path: string, regions: Readonly<Record<string, readonly string[]>>): string {
  let text = readFileSync(pathInRepository(path), 'utf8')
  for (const [name, lines] of Object.entries(regions)) {
    const region = new RegExp(`^( *)(# begin generated: ${name}\\b.*\\n)[^]*?^ *# end generated$`, 'm')
    if (!region.test(text)) throw new Error(`${path} has no region "# begin generated: ${name}" ... "# end generated"`)
    text = text.replace(region, (_, indent: string, begin: string) =>
      [`${indent}${begin.trimEnd()}`, ...lines.map((line) => `${indent}${line}`), `${indent}# end generated`].join('\n'),
    )
  }
  return text
}
