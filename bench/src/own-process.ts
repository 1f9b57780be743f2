import { fork } from 'node:child_process'
import { once } from 'node:events'

/** A program of the bench that runs in its own Node process and answers questions, one after the other. */
export interface OwnProcess {
  /** Rejects with what went wrong in the program, or with how it ended and the end of what it wrote to stderr. */
  ask<Answer>(question: unknown): Promise<Answer>
  /** Lets it end by itself; kills it when it has not within 10 s. */
  end(): Promise<void>
}

type Reply = { readonly answer: unknown } | { readonly error: string }

export interface StartOptions {
  /** Flags for Node, in addition to those of every program of the bench. */
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Starts `program`, which calls {@link answerQuestions}, with the arguments `values`. */
export function startProgram(
  program: URL,
  values: readonly string[] = [],
  { flags = [], env = {} }: StartOptions = {},
): OwnProcess {
  const child = fork(program, values, {
    execArgv: ['--expose-gc', '--conditions=swarmwatch-source', ...flags],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let errorOutput = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errorOutput = (errorOutput + text).slice(-2_000)
  })
  const exited = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>
  const died = exited.then(([code, signal]) => {
    throw new Error(
      `${program.pathname.split('/').at(-1)} ended (${signal ?? `exit ${code}`}): ${errorOutput.trim() || 'without output'}`,
    )
  })
  died.catch(() => {})
  return {
    async ask<Answer>(question: unknown) {
      const replied = once(child, 'message') as Promise<[Reply]>
      child.send(question as object)
      const [reply] = await Promise.race([replied, died])
      if ('error' in reply) throw new Error(reply.error)
      return reply.answer as Answer
    },
    async end() {
      if (child.connected) child.disconnect()
      const kill = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await exited
      clearTimeout(kill)
    },
  }
}

/** Asks one question of a program and ends it. */
export async function askOnce<Answer>(program: URL, question: unknown, start: StartOptions = {}): Promise<Answer> {
  const running = startProgram(program, [], start)
  try {
    return await running.ask<Answer>(question)
  } finally {
    await running.end()
  }
}

/** Answers the questions that come in, until the bench lets go. */
export function answerQuestions<Question, Answer>(answer: (question: Question) => Promise<Answer>): void {
  process.on('message', (question) => {
    answer(question as Question).then(
      (answered) => process.send?.({ answer: answered }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
  process.on('disconnect', () => process.exit())
}
