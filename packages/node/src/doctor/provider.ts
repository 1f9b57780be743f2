import { type Finding, note, ok } from './finding.ts'

/** Whether `@swarmwatch/node/register` is loaded before every program that is started here. */
export function isRegisterLoaded(execArgv: readonly string[], nodeOptions: string = ''): boolean {
  return /(?:^|\s)--import[=\s]\S*@?swarmwatch\/node\/(?:src\/|dist\/)?register\b/.test([...execArgv, nodeOptions].join(' '))
}

/** Whether something records what agents do: in this process, in every one that is started here, or in the application that runs. */
export function checkProvider(hasProvider: boolean, isLoaded: boolean, isRecording: boolean): Finding {
  if (hasProvider) return ok('an OpenTelemetry provider is registered')
  if (isRecording) return ok('the running application records metrics')
  if (isLoaded) return ok('@swarmwatch/node/register is loaded before every program that is started with these NODE_OPTIONS')
  return note(
    'whether the application registers an OpenTelemetry provider cannot be seen while it does not run: start it, then run the doctor again',
  )
}
