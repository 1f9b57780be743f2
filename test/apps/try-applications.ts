import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, test } from 'vitest'

import { packPublished, type PackedPackage } from '../packed-packages.ts'
import type { Application } from './applications.ts'
import { openTrial } from './trial.ts'

/** A test of each, all with packages that are packed once. */
export function tryApplications(applications: readonly Application[]): void {
  let folder: string
  let packed: PackedPackage[]
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swarmwatch-apps-'))
    packed = await packPublished(folder)
  }, 300_000)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test.each(applications)('works in a real application: $name', { timeout: 900_000 }, async (application) => {
    await using trial = await openTrial(application, packed, folder)
    await application.attempt(trial)
  })
}
