import { ReflectionKind } from 'typedoc'
import { expect, test } from 'vitest'

import { entryPoints, readExports } from '../src/api-reference.ts'
import { optionInterfaces } from '../src/option-interfaces.ts'
import { readOptionExamples } from '../src/read-option-examples.ts'

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

test('every option that may be left out has a default and an example in the reference', () => {
  const examples = readOptionExamples()
  const interfaces = optionInterfaces(project)
  expect(interfaces.length).toBeGreaterThan(40)
  const without = interfaces.flatMap(({ name, options }) =>
    options.flatMap((option) => [
      ...(option.comment?.getTag('@default') === undefined ? [`${name}.${option.name}: no @default in its comment`] : []),
      ...(examples.get(name)?.has(option.name) === true
        ? []
        : [`${name}.${option.name}: no example in site/src/option-examples.ts`]),
    ]),
  )
  expect(without).toEqual([])
})
