import { expect, test } from 'vitest'

import { configureInferences, isContentCaptured } from '../../src/instrumentation.ts'

test('settings of model calls end in whatever order they began, and none stays', () => {
  const first = configureInferences({ captureContent: true })
  const second = configureInferences({ captureContent: false })
  expect(isContentCaptured()).toBe(false)
  first()
  expect(isContentCaptured()).toBe(false)
  second()
  expect(isContentCaptured()).toBe(false)
})

test('older settings apply again when newer ones end, once', () => {
  const options = { captureContent: true }
  const first = configureInferences(options)
  const second = configureInferences(options)
  second()
  second()
  expect(isContentCaptured()).toBe(true)
  first()
  expect(isContentCaptured()).toBe(false)
})
