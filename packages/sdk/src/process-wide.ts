/**
 * Returns the value that exists once in this process under `name`, however many copies of this package the process loads. The first
 * copy that asks creates it. The number in `name` changes with the shape of the value, so that copies with different shapes do not
 * share it. Bundlers may leave out a value that nothing uses.
 */
/* @__NO_SIDE_EFFECTS__ */
export function processWide<T extends object>(name: `${string}/${number}`, create: () => T): T {
  const key = Symbol.for(`@swarmwatch/sdk/${name}`)
  const globals = globalThis as { [key]?: T }
  return (globals[key] ??= create())
}
