import { docker, imageOf } from '@swarmwatch/testkit'

export const images: Readonly<Record<'collector' | 'prometheus', string>> = {
  collector: imageOf('otel-collector'),
  prometheus: imageOf('prometheus'),
}

/** Removes what a test has made, whatever of it exists; the last made first. */
export async function removeAll(made: readonly (readonly [kind: 'container' | 'network', name: string])[]): Promise<void> {
  for (const [kind, name] of made.toReversed()) {
    await docker(...(kind === 'container' ? ['rm', '--force', '--volumes', name] : ['network', 'rm', name])).catch(() => {})
  }
}
