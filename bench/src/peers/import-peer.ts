/** Node's flags for a process that imports peers; `resolve-peers.ts` says what they do. */
export const peerFlags: readonly string[] = ['--import', new URL('resolve-peers.ts', import.meta.url).href]

/** Imports a package of `bench/peers`, in a process that was started with {@link peerFlags}. */
export async function importPeer<Exports extends object>(name: string): Promise<Exports> {
  const module = (await import(`peer:${name}`)) as Exports & { default?: Exports }
  // What Node does not find in a CommonJS module by reading it is in its default export
  return { ...module.default, ...module }
}
