import fc from 'fast-check'
import { expect, test } from 'vitest'

import { threeWayMerge } from '../../src/init/three-way-merge.ts'

const lines = fc.array(fc.constantFrom('a', 'b', 'c', '', '  d: 1'), { maxLength: 8 }).map((list) => list.join('\n'))

test('the side that changed nothing takes the text of the other, whatever the texts are', () => {
  fc.assert(
    fc.property(lines, lines, (base, changed) => {
      expect(threeWayMerge('x.yaml', { base, yours: changed, newer: base })).toEqual({ kind: 'merged', text: changed })
      expect(threeWayMerge('x.yaml', { base, yours: base, newer: changed })).toEqual({ kind: 'merged', text: changed })
      expect(threeWayMerge('x.yaml', { base, yours: changed, newer: changed })).toEqual({ kind: 'merged', text: changed })
    }),
  )
})

test('changes in different places are merged, and changes in one place are a conflict', () => {
  const base = 'one\ntwo\nthree\nfour\nfive\n'
  const yours = base.replace('one', 'ONE')
  expect(threeWayMerge('x', { base, yours, newer: base.replace('five', 'FIVE') })).toEqual({
    kind: 'merged',
    text: 'ONE\ntwo\nthree\nfour\nFIVE\n',
  })
  expect(threeWayMerge('x', { base, yours, newer: base.replace('one', 'eins') })).toEqual({ kind: 'conflict' })
})

test('a merge of JSON that is no JSON is a conflict', () => {
  const base = '{\n"a": 1\n,\n"b": 2\n\n}'
  const [yours, newer] = [base.replace('"a": 1\n,', '"a": 1'), base.replace('\n\n}', '\n,"c": 3\n}')]
  expect(threeWayMerge('x.yaml', { base, yours, newer }).kind).toBe('merged')
  expect(threeWayMerge('x.json', { base, yours, newer })).toEqual({ kind: 'conflict' })
})
