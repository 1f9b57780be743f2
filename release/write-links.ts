import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { publishedPackages } from './workspace.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The fields of a published package that link to the project, from `release/project.json`. */
export function projectLinks(folder: string): Record<string, unknown> {
  const project = JSON.parse(readFileSync(join(root, 'release/project.json'), 'utf8')) as Record<
    'repository' | 'homepage' | 'bugs',
    string
  >
  return {
    homepage: project.homepage,
    bugs: { url: project.bugs },
    repository: { type: 'git', url: `git+${project.repository}.git`, directory: folder },
    publishConfig: { access: 'public' },
  }
}

// `pnpm release:links`
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { folder } of publishedPackages(root)) {
    const path = join(root, folder, 'package.json')
    const { license, files, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    const { name, version, description, keywords, ...others } = rest
    for (const key of Object.keys(projectLinks(folder))) delete others[key]
    const { homepage, bugs, repository, publishConfig } = projectLinks(folder)
    const manifest = {
      name,
      version,
      description,
      keywords,
      homepage,
      bugs,
      license,
      repository,
      files,
      publishConfig,
      ...others,
    }
    writeFileSync(path, `${JSON.stringify(manifest, undefined, 2)}\n`)
  }
}
