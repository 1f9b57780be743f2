import fc from 'fast-check'
import { expect, test } from 'vitest'

import { type PackageEdit, withEdits, withoutEdits } from '../../src/init/package-file.ts'

const text = `{
\t"name": "shop", "files": ["a", "b"],
\t"scripts": { "start": "node a.js" },
\t"dependencies": {
\t\t"express": "^5.0.0",
\t\t"zod": "^4.0.0"
\t}
}
`
const edits: PackageEdit[] = [
  { path: ['dependencies', '@swarmwatch/sdk'], after: '^0.1.0' },
  { path: ['dependencies', 'openai'], after: '^7.0.0' },
  { path: ['scripts', 'start'], before: 'node a.js', after: 'node ADDED a.js' },
]

test('edits of package.json keep its spaces and its order, and dependencies are sorted', () => {
  expect(withEdits(text, edits)).toBe(`{
\t"name": "shop", "files": ["a", "b"],
\t"scripts": { "start": "node ADDED a.js" },
\t"dependencies": {
\t\t"@swarmwatch/sdk": "^0.1.0",
\t\t"express": "^5.0.0",
\t\t"openai": "^7.0.0",
\t\t"zod": "^4.0.0"
\t}
}
`)
})

test('after edits and their removal, package.json is the same, byte by byte, whatever it was', () => {
  const values = fc.dictionary(fc.stringMatching(/^[a-z@/-]{1,12}$/), fc.stringMatching(/^[\w .^-]{0,12}$/), { maxKeys: 4 })
  const packages = fc.record({ name: fc.string(), scripts: values, dependencies: values }, { requiredKeys: [] })
  fc.assert(
    fc.property(packages, fc.constantFrom(2, 4, '\t', 0), fc.constantFrom('', '\n'), (value, space, end) => {
      const before = JSON.stringify(value, undefined, space) + end
      const own = edits.map((edit): PackageEdit => {
        const [section, name] = edit.path as ['scripts' | 'dependencies', string]
        return { ...edit, before: value[section]?.[name] }
      })
      const written = withEdits(before, own)
      for (const { path, after } of own) {
        expect((JSON.parse(written) as Record<string, Record<string, string>>)[path[0]!]![path[1]!]).toBe(after)
      }
      expect(withoutEdits(written, own, before, 'ADDED')).toEqual({ text: before, kept: [] })
    }),
  )
})

test('what you changed since stays, and only the options of telemetry leave it', () => {
  const yours = withEdits(text, edits)
    .replace('node ADDED a.js', 'node ADDED --inspect b.js')
    .replace('"openai": "^7.0.0"', '"openai": "^8.0.0"')
    .replace('"zod": "^4.0.0"', '"zod": "^5.0.0"')
  const { text: left, kept } = withoutEdits(yours, edits, text, 'ADDED')
  expect(kept).toEqual(['dependencies.openai'])
  expect(JSON.parse(left)).toMatchObject({
    scripts: { start: 'node --inspect b.js' },
    dependencies: { express: '^5.0.0', openai: '^8.0.0', zod: '^5.0.0' },
  })
})
