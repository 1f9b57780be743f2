/** Where the effective value of a setting came from. */
export type Origin = 'code' | 'default' | `environment ${string}` | `file ${string}`

/** Origins by the path of the setting. */
export function prefixed(path: string, origins: Readonly<Record<string, Origin>>): Record<string, Origin> {
  return Object.fromEntries(Object.entries(origins).map(([key, origin]) => [`${path}.${key}`, origin]))
}
