import type { TaskCounts } from './task-queue.ts'
import type { WorkerSettings } from './worker-settings.ts'

/** `ready on http://127.0.0.1:8070, model scripted-1 (scripted), 6 tasks a minute, 20 at a time` */
export function readyLine(
  url: string,
  { realModel, tasksPerMinute, concurrency }: Pick<WorkerSettings, 'realModel' | 'tasksPerMinute' | 'concurrency'>,
  modelName: string,
): string {
  const model = `${modelName} ${realModel ? `at ${new URL(realModel.baseUrl).host}` : '(scripted)'}`
  const schedule = tasksPerMinute === 0 ? 'no schedule' : `${tasks(tasksPerMinute)} a minute`
  return `ready on ${url}, model ${model}, ${schedule}, ${concurrency} at a time`
}

/** `SIGTERM: stopping; 2 running tasks have 20 s to end, 5 queued tasks are cancelled` */
export function stoppingLine(reason: string, running: number, dropped: number, drainSeconds: number): string {
  const [have, are] = [running === 1 ? 'has' : 'have', dropped === 1 ? 'is' : 'are']
  return `${reason}: stopping; ${tasks(running, 'running')} ${have} ${drainSeconds} s to end, ${tasks(dropped, 'queued')} ${are} cancelled`
}

/** `2 running tasks did not end within 20 s and are aborted` */
export function abortedLine(count: number, drainSeconds: number): string {
  return `${tasks(count, 'running')} did not end within ${drainSeconds} s and ${count === 1 ? 'is' : 'are'} aborted`
}

/** `stopped; since the start 812 tasks succeeded, 0 failed, 5 were cancelled` */
export function stoppedLine({ succeeded, failed, cancelled }: TaskCounts): string {
  return `stopped; since the start ${tasks(succeeded)} succeeded, ${failed} failed, ${cancelled} were cancelled`
}

function tasks(count: number, kind = ''): string {
  return `${count} ${kind === '' ? '' : `${kind} `}task${count === 1 ? '' : 's'}`
}
