import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

test('tokens and signatures are compared by one function, whose time does not depend on their lengths', () => {
  const comparing = globSync('packages/*/src/**/*.ts', { cwd: repositoryRoot }).filter((file) =>
    readFileSync(join(repositoryRoot, file), 'utf8').includes('timingSafeEqual'),
  )
  expect(comparing).toEqual([join('packages', 'config', 'src', 'secret.ts')])
})
