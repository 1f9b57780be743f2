import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'

import { repositoryRoot } from '@swarmwatch/testkit'
import { type ProductionStack } from '@swarmwatch/testkit/stack'

/** Runs the shell commands below a heading of docs/operations.md in the stack's folder; `dc` there means this stack. */
export async function runAsDocumented(stack: ProductionStack, heading: string): Promise<void> {
  const page = readFileSync(`${repositoryRoot}docs/operations.md`, 'utf8')
  const commands = new RegExp(`^## ${heading}$[^]*?^\`\`\`sh\\n([^]*?)^\`\`\`$`, 'm').exec(page)?.[1]
  if (commands === undefined) throw new Error(`docs/operations.md has no commands below "${heading}"`)
  const { PATH, HOME } = process.env
  const env = { PATH, HOME, COMPOSE_PROJECT_NAME: stack.project, DC: stack.commandLine.join(' '), UP: stack.upFlags.join(' ') }
  const dc = 'dc() { if [ "$1" = up ]; then shift; docker $DC up $UP "$@"; else docker $DC "$@"; fi; }'
  await new Promise<void>((resolve, reject) => {
    execFile('bash', ['-euc', `${dc}\n${commands}`], { cwd: stack.folder, env }, (error, stdout, stderr) =>
      error === null ? resolve() : reject(new Error(`${heading}:\n${stdout}${stderr}`)),
    )
  })
}
