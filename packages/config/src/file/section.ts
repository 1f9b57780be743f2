import { z } from 'zod'

/** A mapping with exactly these keys. */
export function section<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const keys = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? `is not a setting; there are ${keys}` : `must be a mapping with ${keys}`,
  })
}
