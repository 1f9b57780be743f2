import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { type ProductionStack } from '@swarmwatch/testkit/stack'

/** What must never be seen: the content of every file in `.secrets/` that is a secret and not a rendered configuration. */
export function secretValues(stack: ProductionStack): readonly string[] {
  return readdirSync(join(stack.folder, '.secrets'))
    .filter((name) => !/\.ya?ml$/.test(name))
    .flatMap((name) => stack.secret(name).trim() || [])
}
