import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { runDocker } from '@swarmwatch/testkit'
import { containerStates, type ProductionStack } from '@swarmwatch/testkit/stack'

/** Privileges of a process of a container, as the kernel enforces them. */
export interface Confinement {
  readonly service: string
  /** Real, effective, saved and file system user id. */
  readonly users: readonly number[]
  /** Permitted, effective and bounding capabilities, as bits. */
  readonly capabilities: readonly bigint[]
  readonly mayGainPrivileges: boolean
}

/** Reads it from the kernel for every process in every container. */
export async function confinements(stack: ProductionStack): Promise<readonly Confinement[]> {
  return (await containerStates(stack)).flatMap(({ service, pid }) =>
    familyOf(pid).map((member) => {
      const status = readFileSync(`/proc/${member}/status`, 'utf8')
      const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? ''
      return {
        service,
        users: field('Uid').split(/\s+/).map(Number),
        capabilities: ['CapPrm', 'CapEff', 'CapBnd'].map((name) => BigInt(`0x${field(name)}`)),
        mayGainPrivileges: field('NoNewPrivs') !== '1',
      }
    }),
  )
}

/** A process and all that descend from it. */
function familyOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return [pid, ...(children === '' ? [] : children.split(' ')).flatMap((child) => familyOf(Number(child)))]
}

/** All that the engine shows of the containers, and the environments of their processes as the kernel has them. */
export async function inspected(stack: ProductionStack): Promise<string> {
  const states = await containerStates(stack)
  const { output } = await runDocker(['inspect', ...states.map(({ id }) => id)])
  return [output, ...states.map(({ pid }) => readFileSync(`/proc/${pid}/environ`, 'utf8'))].join('\n')
}

/** Returns the values that must never be shown: every file in `.secrets/` that is a secret and not a rendered configuration. */
export function secretValues(stack: ProductionStack): readonly string[] {
  return readdirSync(join(stack.folder, '.secrets'))
    .filter((name) => !/\.ya?ml$/.test(name))
    .flatMap((name) => stack.secret(name).trim() || [])
}
