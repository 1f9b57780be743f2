import { copyFileSync, existsSync, constants } from 'node:fs'
import { join } from 'node:path'

import { ConfigurationError } from '@swarmwatch/config'
import { makeSecrets, type MadeSecret } from '@swarmwatch/secrets'

/** The command that makes the files of a machine, for messages. */
const secretsCommand = 'npx swarmwatch secrets'

/** Files of a machine and the example that each is copied from. */
const copies = [
  ['.env.production.example', '.env.production'],
  ['app.env.example', 'app.env'],
] as const

/** Result of {@link makeLocalFiles}. */
export interface LocalFiles {
  /** Files that were copied from their example. */
  readonly copied: readonly string[]
  readonly secrets: readonly MadeSecret[]
}

/**
 * Makes the files of a stack that each machine has for itself: `.env.production`, `app.env` and `.secrets/`. Nothing is overwritten.
 * @throws ConfigurationError when the folder has no stack, or a setting cannot be used
 */
export function makeLocalFiles(folder: string, notify: (line: string) => void): LocalFiles {
  if (!existsSync(join(folder, 'compose.yaml'))) {
    throw new ConfigurationError([
      { path: folder, rule: 'has no compose.yaml; run npx swarmwatch init first, or name the folder of the stack with --folder' },
    ])
  }
  const copied = copies.flatMap(([example, name]) => {
    if (existsSync(join(folder, name)) || !existsSync(join(folder, example))) return []
    copyFileSync(join(folder, example), join(folder, name), constants.COPYFILE_EXCL)
    return [name]
  })
  return { copied, secrets: makeSecrets(folder, { notify, command: secretsCommand }) }
}
