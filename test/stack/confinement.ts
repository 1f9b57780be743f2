import { readFileSync } from 'node:fs'

import { containerStates } from './container-state.ts'
import { docker } from './docker.ts'
import type { ProductionStack } from './production-stack.ts'

/** What the kernel lets the processes of a container do. */
export interface Confinement {
  readonly service: string
  /** Real, effective, saved and file system user id. */
  readonly users: readonly number[]
  /** Effective and bounding capabilities, as bits. */
  readonly capabilities: readonly bigint[]
  readonly mayGainPrivileges: boolean
  readonly isRootReadOnly: boolean
}

/** Reads it from the kernel for the process that runs in each container. */
export async function confinements(stack: ProductionStack): Promise<readonly Confinement[]> {
  return (await containerStates(stack)).map(({ service, pid }) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? ''
    const rootMount = readFileSync(`/proc/${pid}/mounts`, 'utf8')
      .split('\n')
      .find((mount) => mount.split(' ')[1] === '/')
    return {
      service,
      users: field('Uid').split(/\s+/).map(Number),
      capabilities: [BigInt(`0x${field('CapEff')}`), BigInt(`0x${field('CapBnd')}`)],
      mayGainPrivileges: field('NoNewPrivs') !== '1',
      isRootReadOnly: rootMount?.split(' ')[3]?.split(',').includes('ro') ?? false,
    }
  })
}

/** All that the engine shows of the containers, and the environments of their processes as the kernel has them. */
export async function inspected(stack: ProductionStack): Promise<string> {
  const states = await containerStates(stack)
  const { output } = await docker(stack.folder, ['inspect', ...states.map(({ id }) => id)])
  return [output, ...states.map(({ pid }) => readFileSync(`/proc/${pid}/environ`, 'utf8'))].join('\n')
}
