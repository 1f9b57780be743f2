import { eventually } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

test('eventually returns the first value that is neither undefined nor false, and looks again after an error', async () => {
  const answers = [
    () => undefined,
    () => false as const,
    (): never => {
      throw new Error('refused')
    },
    () => 0,
  ]
  expect(await eventually('a number', () => answers.shift()!())).toBe(0)
  expect(answers).toEqual([])
})

test('eventually rejects at its limit, names what it waited for, and keeps the last error as the cause', async () => {
  const refuse = (): never => {
    throw new Error('refused')
  }
  await expect(eventually('the server', refuse, { withinMs: 0 })).rejects.toMatchObject({
    message: 'waited 0 s for the server',
    cause: { message: 'refused' },
  })
})
