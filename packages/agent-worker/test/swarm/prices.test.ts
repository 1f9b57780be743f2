import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { costUsd, loadPrices } from '../../src/swarm/prices.ts'
import { openWorkspace } from '../../src/swarm/workspace.ts'

async function fileWith(text: string): Promise<string> {
  const folder = await openWorkspace()
  onTestFinished(() => folder.remove())
  const file = join(folder.root, 'prices.json')
  await writeFile(file, text)
  return file
}

test('a price is in US dollars per million tokens, and cached input has its own price', () => {
  const prices = { m: { input: 2, cachedInput: 0.5, output: 8 }, plain: { input: 2, output: 8 } }
  const use = { input: 1_000_000, cachedInput: 400_000, output: 500_000 }
  expect(costUsd(prices, 'm', use)).toBeCloseTo(1.2 + 0.2 + 4)
  expect(costUsd(prices, 'plain', use)).toBeCloseTo(2 + 4)
})

test.each(['other', 'toString', '__proto__'])('a model that is not in the table has no cost: %s', (model) => {
  expect(costUsd({ m: { input: 1, output: 1 } }, model, { input: 1, cachedInput: 0, output: 1 })).toBeUndefined()
})

test('the table of this package is valid and contains the scripted model', async () => {
  expect(await loadPrices()).toHaveProperty(['scripted-1'], { input: 0.5, output: 1.5 })
})

test('one error names every problem of a table', async () => {
  const file = await fileWith(JSON.stringify({ a: { input: -1, output: 1 }, b: { input: 1 } }))
  await expect(loadPrices(file)).rejects.toThrow(/prices\.json is not valid:\n {2}a\.input: .*\n {2}b\.output: /)
})

test('the error for a table that is missing or not JSON names the table', async () => {
  await expect(loadPrices('/nowhere/prices.json')).rejects.toThrow('price table /nowhere/prices.json cannot be read (ENOENT)')
  await expect(loadPrices(await fileWith('- yaml'))).rejects.toThrow(/is not JSON$/)
})
