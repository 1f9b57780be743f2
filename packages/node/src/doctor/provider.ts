import { type Finding, ok, warning, wrong } from './finding.ts'

/** What is loaded before the program, from its arguments and NODE_OPTIONS. */
export function isPreloaded(execArgv: readonly string[], nodeOptions: string = ''): boolean {
  return [...execArgv, ...nodeOptions.split(/\s+/)].some((option) => /^(?:--import|--require|-r)(?:=|$)/.test(option))
}

/** Whether a provider is registered in this process; that says something only when the application's set-up is loaded into it. */
export function checkProvider(hasProvider: boolean, isSetUpLoaded: boolean): Finding {
  if (hasProvider) return ok('an OpenTelemetry provider is registered')
  return isSetUpLoaded
    ? wrong(
        'no OpenTelemetry provider is registered by what was loaded before the doctor: await startTelemetry() there, or load @swarmwatch/node/register',
      )
    : warning(
        'whether a provider gets registered was not seen: run the doctor with NODE_OPTIONS="--import @swarmwatch/node/register" (or your own set-up file)',
      )
}
