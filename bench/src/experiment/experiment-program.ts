import { experiment, instrumentAgent } from '@swarmwatch/sdk'

import { answerQuestions } from '../own-process.ts'

/** Agents that are compared: by what decides the variant of a run. */
export type Kind = 'no variant' | 'a name' | 'experiment, random' | 'experiment, by key'

const variants = { control: 0.5, candidate: 0.5 }
const options = { logger: false } as const
const agents: Readonly<Record<Kind, (user: string) => Promise<string>>> = {
  'no variant': instrumentAgent(answer, { ...options, name: 'plain' }),
  'a name': instrumentAgent(answer, { ...options, name: 'named', variant: 'b' }),
  'experiment, random': instrumentAgent(answer, {
    ...options,
    name: 'random',
    variant: experiment({ name: 'random', variants }),
  }),
  'experiment, by key': instrumentAgent(answer, {
    ...options,
    name: 'keyed',
    variant: experiment({ name: 'keyed', variants, key: (user: string) => user, unit: 'user' }),
  }),
}

async function answer(user: string): Promise<string> {
  return user
}

/** Returns the microseconds of a run, in this number of runs. */
answerQuestions<{ readonly kind: Kind; readonly runs: number }, number>(async ({ kind, runs }) => {
  const agent = agents[kind]
  const startedMs = performance.now()
  for (let run = 0; run < runs; run += 1) await agent(`user-${run % 1_000}`)
  return ((performance.now() - startedMs) * 1000) / runs
})
