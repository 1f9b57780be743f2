import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { hitsOf } from './linter.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Generated files, files of others, and lists of the words. */
const ignored = [
  'pnpm-lock.yaml',
  'mutation/pnpm-lock.yaml',
  'mutation/pnpm-workspace.yaml',
  'collector/prometheus/rules/',
  'deploy/helm/swarmwatch/files/',
  'deploy/kustomize/base/',
  'prose/words.ts',
  'prose/test/',
]
const withProse = /\.(?:md|[cm]?[jt]s|ya?ml|ini|sh)$|(?:^|\/)(?:Dockerfile|\.env)[^/]*$|^\.ci\/run$/

/** Paths on the command line. @default all */
const chosen = process.argv.slice(2).map((path) => path.replace(/\/$/, ''))
const isIn = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((path) => withProse.test(path) && !ignored.some((folder) => isIn(path, folder)) && existsSync(root + path))
  .filter((path) => chosen.length === 0 || chosen.some((folder) => isIn(path, folder)))

let count = 0
for (const path of files) {
  for (const { line, column, message } of await hitsOf(readFileSync(root + path, 'utf8'), path)) {
    console.log(line === 0 ? `${path}: ${message}` : `${path}:${line}:${column} ${message}`)
    count += 1
  }
}
console.log(`${files.length} files, ${count} problems (the words: prose/words.ts)`)
process.exitCode = count > 0 ? 1 : 0
