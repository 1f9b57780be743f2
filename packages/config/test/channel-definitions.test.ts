import { describe, expect, test } from 'vitest'

import { channelDefinitions } from '../src/channels/channel-types.ts'

describe.each(channelDefinitions.map((definition) => [definition.type, definition] as const))(
  'the definition of %s',
  (_type, { keys, needs, isLastResort = false }) => {
    test('names a key in `needs`, unless the channel is a last resort', () => {
      expect(needs.length > 0).toBe(!isLastResort)
    })

    test('has a `variable` for each key in `needs`, because the production stack has no other secrets', () => {
      expect(needs.filter((key) => keys[key]?.variable === undefined)).toEqual([])
    })

    test('has `isTarget` for each key in `needs` that the file may have: a variable that is not set turns the channel off', () => {
      expect(needs.filter((key) => keys[key]?.about !== undefined && keys[key].isTarget !== true)).toEqual([])
    })
  },
)
