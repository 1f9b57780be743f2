import { fileURLToPath } from 'node:url'

import { configurationPage } from './configuration-page.ts'
import { editorSchema } from './file-json-schema.ts'

/** What is generated from the settings and committed. */
export function generatedFiles(): { readonly path: string; readonly text: string }[] {
  return [
    { path: pathOf('config/production.schema.json'), text: `${JSON.stringify(editorSchema(), null, 2)}\n` },
    { path: pathOf('docs/configuration.md'), text: configurationPage() },
  ]
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(`../../../${file}`, import.meta.url))
}
