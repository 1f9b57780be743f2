import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import type { Project } from './project.ts'

/** Result of an installation; `output` is what the package manager printed. */
export interface Installed {
  readonly isDone: boolean
  readonly command: string
  readonly seconds: number
  readonly output: string
}

/** The lock file of each package manager. */
const lockFiles = {
  npm: ['package-lock.json'],
  pnpm: ['pnpm-lock.yaml'],
  yarn: ['yarn.lock'],
  bun: ['bun.lock', 'bun.lockb'],
} as const

/** The lock file of a project; undefined if it has none. */
export function lockFileOf({ root, packageManager }: Pick<Project, 'root' | 'packageManager'>): string | undefined {
  return lockFiles[packageManager].find((name) => existsSync(join(root, name)))
}

/** Runs `npm install`, or what the project has in its place, so that `node_modules` and the lock file match `package.json`. */
export async function install({
  root,
  packageManager,
  isYarnBerry,
}: Pick<Project, 'root' | 'packageManager' | 'isYarnBerry'>): Promise<Installed> {
  // In CI, they refuse to change the lock file without these options
  const args = {
    npm: ['install', '--no-audit', '--no-fund', '--loglevel=error'],
    pnpm: ['install', '--no-frozen-lockfile'],
    yarn: isYarnBerry ? ['install', '--no-immutable'] : ['install', '--non-interactive', '--no-progress'],
    bun: ['install'],
  }[packageManager]
  const command = `${packageManager} ${args.join(' ')}`
  const startMs = performance.now()
  const { code, output } = await new Promise<{ code: number | null; output: string }>((resolve) => {
    // Package managers are scripts on Windows, which only a shell starts; the words contain nothing from outside
    const child = spawn(packageManager, args, {
      cwd: root,
      shell: process.platform === 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
    }
    child.once('error', (error) => resolve({ code: 1, output: `${printed}${error.message}` }))
    child.once('close', (status) => resolve({ code: status, output: printed }))
  })
  return { isDone: code === 0, command, seconds: (performance.now() - startMs) / 1000, output }
}
