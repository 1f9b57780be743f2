import { ReflectionKind } from 'typedoc'
import { expect, test } from 'vitest'

import { entryPoints, readExports } from '../src/api-reference.ts'

const { project } = await readExports()

test('every entry point of every published package is a module of the reference', async () => {
  const names = (await entryPoints()).map(({ name }) => name)
  expect(project.children?.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
  expect(names.length).toBeGreaterThan(12)
})

test('every export has a text in the reference', () => {
  const without = (project.children ?? []).flatMap((module) =>
    (module.children ?? [])
      .filter((each) => !each.kindOf(ReflectionKind.Reference))
      .filter((each) => !each.hasComment() && each.signatures?.every((signature) => signature.hasComment()) !== true)
      .map((each) => `${module.name}: ${each.name}`),
  )
  expect(without).toEqual([])
})
